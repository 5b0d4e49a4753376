"""The builds that the demonstration moves between: real ones out of Python wheels, or the two of Examples/.

A build is a folder, and what is in it by URL path. A wheel is fetched once, with pip, into a cache folder.
"""
import json
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Build:
    title: str
    folder: Path
    files: dict = field(default_factory=dict)   # URL path → bytes

    def __post_init__(self):
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and path.name != "manifest.json":   # a build's manifest is not served
                self.files["/" + path.relative_to(self.folder).as_posix()] = path.read_bytes()


@dataclass(frozen=True)
class Pair:
    key: str
    package: str
    old: str
    new: str


PAIRS = [Pair("streamlit", "streamlit", "1.50.0", "1.51.0"), Pair("jupyterlab", "jupyterlab", "4.4.0", "4.4.9")]


class Unreachable(RuntimeError):
    """The wheel is not in the cache and cannot be fetched."""


def load(pair, cache):
    """Both builds of a pair, from the cache or the network."""
    return tuple(Build(f"{pair.package} {version}", unpacked(pair, version, cache)) for version in (pair.old, pair.new))


def examples(root):
    return tuple(Build(f"Examples/{name}", root / "Examples" / name) for name in ("site-v1", "site-v2"))


def unpacked(pair, version, cache):
    folder = cache / "builds" / f"{pair.package}-{version}"
    if folder.exists():
        return folder
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    with zipfile.ZipFile(wheel(pair.package, version, cache)) as archive:
        {"streamlit": streamlit, "jupyterlab": jupyterlab}[pair.package](archive, partial)
    partial.rename(folder)
    return folder


def wheel(package, version, cache):
    wheels = cache / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    pattern = f"{package}-{version}-*.whl"
    if not list(wheels.glob(pattern)):
        print(f"demo: fetching {package} {version}", file=sys.stderr, flush=True)
        done = subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check",
                               "--timeout", "10", "--retries", "1", "--dest", str(wheels), f"{package}=={version}"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode:
            raise Unreachable(f"{package} {version}: " + (done.stderr.strip().splitlines() or ["pip failed"])[-1])
    return next(wheels.glob(pattern))


def extract(archive, inside, into):
    """What is under the folder `inside` (a suffix of the path in the wheel), written under `into`."""
    found = 0
    for name in archive.namelist():
        _, marker, rest = ("/" + name).partition(f"/{inside}/")
        if marker and rest and not name.endswith("/"):
            target = into / rest
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(name))
            found += 1
    if not found:
        raise RuntimeError(f"{archive.filename} has no {inside}/")


def streamlit(archive, folder):
    extract(archive, "streamlit/static", folder)


def jupyterlab(archive, folder):
    """The scripts go where the page expects them, and the template becomes the page that the server would make of it."""
    extract(archive, "data/share/jupyter/lab/static", folder / "static/lab")
    template = folder / "static/lab/index.html"
    (folder / "index.html").write_text(fill(template.read_text()))
    template.unlink()


def fill(template):
    """What JupyterLab's server makes of its index.html: no custom style sheet, everything under /."""
    base = "/"
    page = {"appName": "JupyterLab", "appUrl": "/lab", "baseUrl": base, "wsUrl": base, "fullStaticUrl": "/static/lab",
            "fullLabextensionsUrl": "/lab/extensions", "fullSettingsUrl": "/lab/api/settings", "fullThemesUrl": "/lab/api/themes",
            "federated_extensions": [], "disabledExtensions": [], "mode": "multiple-document", "terminalsAvailable": False}
    text = re.sub(r"\{#.*?#\}", "", template, flags=re.DOTALL)
    text = re.sub(r"\{%\s*if custom_css\s*%\}.*?\{%\s*endif\s*%\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{%.*?%\}", "", text, flags=re.DOTALL)
    values = {"page_config_full | tojson": json.dumps(page), "base_url | escape": base, "page_config.fullStaticUrl": "/static/lab"}
    return re.sub(r"\{\{\s*(.*?)\s*\}\}", lambda match: values[match[1]], text)
