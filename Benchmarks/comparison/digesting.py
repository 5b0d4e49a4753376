"""Digesting ten thousand files (300 MB): all new, then one changed; Django's and WhiteNoise's storages over the same tree.

The peers come from PyPI into an environment of their own; without a network they are left out. They read style sheets
alone (Django), we read pages and scripts as well: the work is not the same, and ours is more.
"""
import random
import resource
import subprocess
import sys
import time

from . import corpus

DJANGO = """
import sys
from django.conf import settings
tree, out, storage = sys.argv[1:]
settings.configure(
    STATIC_ROOT=out, STATIC_URL="/static/", STATICFILES_DIRS=[tree], INSTALLED_APPS=["django.contrib.staticfiles"],
    STORAGES={"staticfiles": {"BACKEND": storage}, "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}})
import django
django.setup()
from django.core.management import call_command
call_command("collectstatic", interactive=False, verbosity=0)
"""

# What a Django site does with the manifest that we wrote: every file by its plain name, and an error for a name that is not there.
READER = """
import pathlib, sys
from django.conf import settings
out, storage, *names = sys.argv[1:]
settings.configure(
    STATIC_ROOT=out, STATIC_URL="/static/", INSTALLED_APPS=["django.contrib.staticfiles"],
    STORAGES={"staticfiles": {"BACKEND": storage}, "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"}})
import django
django.setup()
from django.templatetags.static import static
from whitenoise.middleware import WhiteNoiseMiddleware
noise = WhiteNoiseMiddleware(lambda request: None)
for name in names:
    url = static(name)
    path = pathlib.Path(out, url.removeprefix("/static/"))
    if not path.is_file():
        sys.exit(f"{name}: {url} is no file")
    if not noise.immutable_file_test(str(path), url):
        sys.exit(f"{name}: {url} is not immutable to WhiteNoise")
try:
    static("nothing.css")
except ValueError:
    sys.exit()
sys.exit("nothing.css has an address")
"""
STORAGES = ["django.contrib.staticfiles.storage.ManifestStaticFilesStorage", "whitenoise.storage.CompressedManifestStaticFilesStorage"]


def measure(tandem, work, quick, say):
    count = 1000 if quick else 10_000
    tree = work / "tree"
    write(tree, count)
    facts = []

    def fact(title, seconds, goal=None, limit=None):
        say(f"  {title}: {seconds:.2f} s")
        row = {"title": title, "shown": f"{seconds:.2f} s", "value": seconds}
        if goal:
            row |= {"goal": goal, "wrong": not quick and seconds > limit}
        facts.append(row)

    out = work / "out"
    fresh, _ = timed([tandem.program, "digest", tree, out, "--no-compress"])
    fact(f"digest {count:,} files, 30 KB each on average, fresh", fresh, "< 10 s", 10)
    time.sleep(0.2)
    with open(tree / "css/08/f00008.css", "a", encoding="ascii") as sheet:
        sheet.write("/* changed */\n")
    time.sleep(0.2)
    again, memory = timed([tandem.program, "digest", tree, out, "--no-compress"])
    fact(f"digest {count:,} files, one changed", again, "< 1 s", 1)
    facts.append({"title": "digest: memory at most, of all runs so far", "shown": f"{memory} MB", "value": memory, "goal": "< 300 MB",
                  "wrong": memory > 300})
    python = environment(work, say)
    if python:
        script = work / "django_digest.py"
        script.write_text(DJANGO)
        fact("the same by Django's ManifestStaticFilesStorage", timed([python, script, tree, work / "django", STORAGES[0]])[0])
        # Brotli 11 takes its time: fewer files where everything is compressed.
        small = work / "small"
        write(small, count // 10)
        fact(f"digest {count // 10:,} files with br, zstd and gzip", timed([tandem.program, "digest", small, work / "compressed"])[0])
        fact("the same by WhiteNoise, with br and gzip", timed([python, script, small, work / "noise", STORAGES[1]])[0])
        facts.append(read_by_django(tandem, python, small, work))
    return facts


def read_by_django(tandem, python, tree, work):
    """Whether Django and WhiteNoise find every renamed file through the manifest that we write for them."""
    out = work / "for-django"
    options = ["--no-compress", "--manifest-format", "django", "--name-format", "[name].[digest:12].[ext]"]
    timed([tandem.program, "digest", tree, out, *options])
    names = sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.suffix in (".css", ".js", ".png"))
    script = work / "django_reader.py"
    script.write_text(READER)
    for storage in STORAGES:
        timed([python, script, out, storage, *names])
    return {"title": "our manifest, read by Django and WhiteNoise", "shown": f"{len(names):,} names found", "value": len(names),
            "wrong": False}


def write(root, count):
    """Six in ten are pictures, two scripts, one a style sheet, one a page; every reference leads somewhere."""
    source = random.Random(31)
    words = ["".join(source.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(source.randint(2, 10))) for _ in range(2000)]
    texts = [" ".join(source.choice(words) + ("\n" if at % 12 == 0 else "") for at in range(3000)) for _ in range(20)]
    kinds = ["png"] * 6 + ["js"] * 2 + ["css", "html"]
    names = {kind: [] for kind in kinds}
    for number in range(count):
        kind = kinds[number % 10]
        names[kind].append(f"{kind}/{number % 100:02d}/f{number:05d}.{kind}")
    for name in names["png"]:
        corpus.write(root, name, b"\x89PNG\r\n\x1a\n" + source.randbytes(int(37_000 * source.uniform(0.2, 1.8))))
    for at, name in enumerate(names["js"]):
        imports = {source.choice(names["js"][:at]) for _ in range(2)} if at else set()
        head = "".join(f'import "../../{other}";\n' for other in sorted(imports))
        corpus.write(root, name, f"{head}/*{source.choice(texts)}*/\n".encode())
    for name in names["css"]:
        rules = "".join(f'.a{at}{{background:url("../../{source.choice(names["png"])}")}}\n' for at in range(5))
        corpus.write(root, name, f"{rules}/*{source.choice(texts)}*/\n".encode())
    for name in names["html"]:
        head = (f'<link rel="stylesheet" href="/{source.choice(names["css"])}">'
                f'<script type="module" src="/{source.choice(names["js"])}"></script>')
        body = "".join(f'<p><img src="/{source.choice(names["png"])}" alt=""></p>' for _ in range(5))
        corpus.write(root, name, f"<!doctype html><title>{name}</title>{head}{body}<p>{source.choice(texts)}</p>\n".encode())


def environment(work, say):
    """A Python that has the peers, or nothing."""
    folder = work / "python"
    python = folder / "bin/python"
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "django", "whitenoise[brotli]"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
    except (OSError, subprocess.SubprocessError):
        say("  Django and WhiteNoise cannot be had from PyPI and are left out")
        return None
    return python


def timed(command):
    """Seconds, and the most megabytes that any command so far held."""
    begin = time.monotonic()
    done = subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace").strip()[-500:])
    return time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
