"""The page about exchange names every code that the package can give."""

from __future__ import annotations

import re


def test_every_code_is_in_the_documentation(root):
    page = (root / "docs/exchange.md").read_text()
    folder = root / "src/foedus/exchange"
    text = "\n".join(path.read_text() for path in folder.rglob("*.py") if "misp" not in path.name)
    codes = set(re.findall(r'code="([a-z0-9-]+)"', text)) | set(re.findall(r'Refusal\([^"]{1,20}"([a-z-]+)"', text))
    assert len(codes) > 30
    assert sorted(code for code in codes if f"`{code}`" not in page) == []
