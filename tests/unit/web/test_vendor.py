"""What the pages take from others is byte for byte what their packages hold, and no more than was agreed."""

import hashlib
import json
from pathlib import Path

import foedus.web

STATIC = Path(foedus.web.__file__).parent / "static"
VENDOR = STATIC / "vendor"


def manifest():
    return json.loads((VENDOR / "MANIFEST.json").read_text())


def test_every_file_has_the_hash_that_the_manifest_says():
    for package in manifest():
        for name, digest in package["files"].items():
            held = VENDOR / f"{package['name']}-{package['version']}" / name
            assert hashlib.sha256(held.read_bytes()).hexdigest() == digest, held


def test_nothing_is_there_that_the_manifest_does_not_name():
    named = {f"{one['name']}-{one['version']}/{file}" for one in manifest() for file in one["files"]}
    assert {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()} == {*named, "MANIFEST.json"}


def test_each_has_its_licence_beside_it():
    assert all(one["licence"] and any("LICENSE" in name for name in one["files"]) for one in manifest())


def test_all_of_it_is_at_most_six_megabytes():
    assert sum(path.stat().st_size for path in VENDOR.rglob("*") if path.is_file()) <= 6_000_000


def test_no_page_names_another_host():
    for path in [*STATIC.glob("*.css"), *STATIC.glob("islands/*"), *STATIC.parent.glob("templates/*.html")]:
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, path
        assert "https://" not in text, path


def test_no_template_has_a_style_or_script_of_its_own():
    for path in STATIC.parent.glob("templates/*.html"):
        text = path.read_text()
        assert not any(inline in text for inline in ("<style", " style=", "javascript:")), path
        assert text.count("<script") == text.count(' src="/static/') - text.count("<img src"), path
        assert not any(f" on{event}=" in text for event in ("click", "load", "submit", "error")), path
