"""What is deployed: versions of a site's assets, the names that pages have for them, and what each name means.

A version is a number. Its scripts say so in their first line, which is all that the checks look at besides the digest.
"""
import hashlib
import re
from dataclasses import dataclass

WEEK = 604800
FILES = ("core.js", "ui.js", "site.css", "base.js", "late.js")
# The same in every version.
UNCHANGED = ("base.js",)
# Loaded by a page when its visitor gets there, which may be hours later.
LATE = ("late.js",)
REFERENCE = re.compile(r'<script (src|data-late)="//([^/"]+)(/[^"]+)">')
PAGE = re.compile(rb"<!-- page v(\d+) -->")
VERSION = re.compile(rb"/\* v(\d+) ")


@dataclass(frozen=True)
class Form:
    """How a page calls an asset."""
    key: str
    words: str
    isMeaningful: bool = True   # whether a name means one content
    isDigest: bool = True       # whether that can be seen from it

    def name(self, file, version):
        digest, (stem, dot, suffix) = md5(file, version), file.rpartition(".")
        return {
            "Q": f"/assets/{file}?{digest}",
            "H": f"/assets/{stem}_{digest}{dot}{suffix}",
            "V": f"/assets/{file}?v={10 + version}",
            "F": f"/assets/{file}",
        }[self.key]


Q, H = Form("Q", "core.js?<md5>"), Form("H", "core_<md5>.js")
V, F = Form("V", "core.js?v=11", isDigest=False), Form("F", "core.js", isMeaningful=False, isDigest=False)


def content(file, version):
    number = 1 if file in UNCHANGED else version
    return f"/* v{number} */ /* {file} */\n".encode() + f"export const version = {number}\n".encode() * 8


def md5(file, version):
    return hashlib.md5(content(file, version)).hexdigest()


def page(form, version, host):
    """The document of a version. `form` is one for all files, or a function that gives each file's."""
    lines = []
    for file in FILES:
        attribute = "data-late" if file in LATE else "src"
        lines.append(f'<script {attribute}="//{host}{form_of(form, file).name(file, version)}"></script>')
    return "\n".join(["<!doctype html>", f"<!-- page v{version} -->", *lines, ""]).encode()


def form_of(form, file):
    return form(file) if callable(form) else form


def names(form, version):
    """Target → content, for each asset that a page of the version names, where the name means one content."""
    forms = {file: form_of(form, file) for file in FILES}
    return {each.name(file, version): content(file, version) for file, each in forms.items() if each.isMeaningful}


def references(body):
    """(host, target, whether it is loaded late) of each asset that a page names."""
    return [(host, target, attribute == "data-late") for attribute, host, target in REFERENCE.findall(body.decode(errors="replace"))]


def page_version(body):
    found = PAGE.search(body)
    return int(found[1]) if found else None


def version_of(body):
    """What a body says it is, for people: `v2`, `a page`, `an error`."""
    if body.startswith(b"<"):
        return "a page"
    found = VERSION.match(body)
    return f"v{int(found[1])}" if found else "an error"
