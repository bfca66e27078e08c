"""Take the built files of the pages out of their npm packages; what changed shows as a diff of hashes.

python docs/vendor_web.py           fetches each package with `npm pack` and writes files and manifest
python docs/vendor_web.py --check   exits 1 where a file is not what the manifest says (no network)

The manifest, static/vendor/MANIFEST.json, says name, version and licence of each package and the SHA-256 of each file.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parents[1] / "src" / "foedus" / "web" / "static" / "vendor"
MANIFEST = VENDOR / "MANIFEST.json"
TAKEN = {
    "htmx.org@4.0.1": ("0BSD", ("dist/htmx.min.js", "LICENSE")),
    "maplibre-gl@6.17.0": (
        "BSD-3-Clause",
        ("dist/maplibre-gl.mjs", "dist/maplibre-gl-worker.mjs", "dist/maplibre-gl.css", "LICENSE.txt"),
    ),
    "topojson-client@3.1.0": ("ISC", ("dist/topojson-client.min.js", "LICENSE")),
    "world-atlas@2.0.2": ("ISC; data: Natural Earth, public domain", ("countries-50m.json", "LICENSE")),
}


def folder(package: str) -> Path:
    return VENDOR / package.replace("@", "-")


def fetch(package: str, files: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory() as place:
        done = subprocess.run(
            ["npm", "pack", "--silent", package], cwd=place, check=True, capture_output=True, text=True
        )
        with tarfile.open(Path(place) / done.stdout.strip()) as archive:
            for name in files:
                held = archive.extractfile(f"package/{name}")
                (folder(package) / Path(name).name).write_bytes(held.read())


def manifest() -> str:
    found = []
    for package, (licence, files) in sorted(TAKEN.items()):
        name, version = package.split("@")
        hashes = {
            Path(file).name: hashlib.sha256((folder(package) / Path(file).name).read_bytes()).hexdigest()
            for file in files
        }
        found.append({"name": name, "version": version, "licence": licence, "files": hashes})
    return json.dumps(found, indent=1) + "\n"


def main() -> int:
    if "--check" in sys.argv:
        return int(manifest() != MANIFEST.read_text())
    shutil.rmtree(VENDOR, ignore_errors=True)
    for package, (_, files) in TAKEN.items():
        folder(package).mkdir(parents=True)
        fetch(package, files)
    MANIFEST.write_text(manifest())
    return 0


if __name__ == "__main__":
    sys.exit(main())
