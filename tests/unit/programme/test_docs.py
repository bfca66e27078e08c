"""The page for officials and developers says what the code does."""

import re

from foedus.programme import CODES, shipped


def test_the_page_lists_every_code_with_its_title(root):
    text = (root / "docs" / "programme.md").read_text()
    rows = dict(re.findall(r"^\| (P\d{3}) \| ([^|]+?) \|", text, re.MULTILINE))
    assert rows == CODES


def test_the_page_names_every_shipped_programme(root):
    text = (root / "docs" / "programme.md").read_text()
    assert [name for name in shipped() if f"`{name}`" not in text] == []
