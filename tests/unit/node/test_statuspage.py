"""The status page says how the node stands, shows nothing of what it holds, and is well-formed."""

from __future__ import annotations

from pathlib import Path

from lxml import html
from tests.node_pair import OPEN, bundle, indicator, make_nodes

from foedus.node.forks import Pair, freeze
from foedus.node.statuspage import status_page


def rows_of(page: str, title: str) -> list[list[str]]:
    """Cells of the table below a heading."""
    [table] = html.fromstring(page).xpath(f"//h2[.='{title}']/following-sibling::*[1]//table")
    return [[cell.text_content() for cell in row] for row in table.xpath("tr")]


def test_the_page_tells_programmes_releases_ledgers_scores_and_findings(tmp_path: Path) -> None:
    nodes = make_nodes(tmp_path)
    nodes.send("nato", bundle(indicator(1, name="<b>Only for those it is released to</b>")), OPEN)
    page = status_page(nodes.open("nato"))
    assert rows_of(page, "Programmes")[1][1:] == ["1.1.0", "nato, jpn", "yes"]
    assert rows_of(page, "Released") == [
        ["to", "programme", "area", "objects"],
        ["jpn", "nato-jpn-itpp-2023", "cyber", "1"],
    ]
    assert [row[0] for row in rows_of(page, "Ledgers")][1:3] == ["private log", "nato → jpn (nato-jpn-itpp-2023)"]
    assert rows_of(page, "What waits")[1] == ["jpn", "nato-jpn-itpp-2023", "0", "1", "0"]
    scored = {row[1]: row for row in rows_of(page, "Indicators with entries behind them")}
    assert scored["cyber-released"] == ["nato-jpn-itpp-2023", "cyber-released", "0", "1", "120", "1", "red"]
    assert rows_of(page, "Findings here")[1] == ["cyber", "1"]
    assert "Only for those" not in page


def test_a_node_in_which_nothing_happened_says_so(tmp_path: Path) -> None:
    page = status_page(make_nodes(tmp_path).open("jpn"))
    assert "<h2>Released</h2><p>nothing yet</p>" in page
    assert "0 parts in quarantine" in page
    assert "What waits" not in page


def test_a_frozen_pair_is_said_before_everything_else(tmp_path: Path) -> None:
    node = make_nodes(tmp_path).open("nato")
    programme = "urn:foedus:programme:nato-jpn-itpp-2023"
    freeze(node, Pair(programme, "jpn", "jpn", f"{programme}|jpn|nato"), ("one\n", "two\n"))
    page = status_page(node)
    assert 0 < page.index("<strong>FROZEN jpn") < page.index("<h2>")
