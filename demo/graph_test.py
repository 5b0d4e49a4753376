"""Tests of reading references: `python3 -m unittest discover -s demo -p '*_test.py'`."""
import unittest

from story.builds import fill
from story.graph import references, walk


class References(unittest.TestCase):
    def test_a_page_names_scripts_styles_and_images_of_its_build_only(self):
        files = {"/app-1.js": b"", "/a.css": b"", "/i.png": b""}
        page = b"""<!-- <script src="/no.js"></script> --><link rel=stylesheet href="./a.css"><script src="/app-1.js?v=2"></script>
            <img src=i.png><a href="/app-1.js">no</a><script src="https://elsewhere.example/app-1.js"></script>"""
        self.assertEqual(references("/index.html", page, files)[0], {"/a.css", "/app-1.js?v=2", "/i.png"})

    def test_static_imports_are_eager_and_import_calls_are_late(self):
        files = {"/js/a.js": b"", "/js/b.js": b"", "/js/c.js": b"", "/css/d.css": b""}
        script = b"""import{x}from"./a.js";const d=["./c.js","../css/d.css"];import("./b.js")"""
        self.assertEqual(references("/js/main.js", script, files), ({"/js/a.js"}, {"/js/b.js", "/js/c.js", "/css/d.css"}))

    def test_a_webpack_map_names_chunks_with_their_version(self):
        token = "1d14ca44a3cc8849349f"
        files = {f"/s/100.{token}.js": b"", "/s/9.0123456789abcdef0123.js": b""}
        script = b'x=e=>e+"."+{100:"%s",7:"ffffffffffffffffffff"}[e]+".js?v="+{}[e]' % token.encode()
        self.assertEqual(references("/s/main.js", script, files)[1], {f"/s/100.{token}.js?v={token}"})

    def test_style_sheets_name_fonts_and_other_sheets(self):
        files = {"/f/a.woff2": b"", "/c/b.css": b""}
        style = b"""@import "b.css"; @font-face{src:url(../f/a.woff2#x) format("woff2")} a{background:url(data:image/png;base64,AA)}"""
        self.assertEqual(references("/c/main.css", style, files)[0], {"/f/a.woff2", "/c/b.css"})

    def test_the_walk_keeps_apart_what_only_something_late_leads_to(self):
        files = {"/index.html": b'<script src="a.js"></script>', "/a.js": b'import"./b.js";import("./c.js")', "/b.js": b"",
                 "/c.js": b'import"./d.js"', "/d.js": b""}
        self.assertEqual(walk("/index.html", files), ({"/index.html", "/a.js", "/b.js"}, {"/c.js", "/d.js"}))


class Template(unittest.TestCase):
    def test_a_template_is_filled_and_an_unknown_value_is_an_error(self):
        self.assertEqual(fill('{# c #}{% set x = 1 %}<b src="{{page_config.fullStaticUrl}}/m.js">{% if custom_css %}no{% endif %}'),
                         '<b src="/static/lab/m.js">')
        self.assertRaises(KeyError, fill, "{{ something_new }}")


if __name__ == "__main__":
    unittest.main()
