"""Response options: those of DISARM's countermeasures that neither deceive nor censor, as a checklist for a person.

DISARM's table of counters is a quarry, its authors say, not a menu: it holds practices that they advise against. The operator
loads it (``read``); what may be offered was chosen entry by entry and stands here with its reason. An entry that nobody
looked at is withheld. A programme may narrow the list (``only``). Nothing is carried out: options are text.

Source: DISARM Foundation, counters of the Blue framework, CC BY-SA 4.0, https://www.disarm.foundation/.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from foedus.errors import LimitExceeded, MalformedRecord

MAX_BYTES = 1_000_000
COLUMNS = ("counter_id", "name", "tactic", "metatechnique_id", "metatechnique", "summary")
OFFERED = frozenset(
    (
        # resilience
        "C00011", "C00021", "C00022", "C00024", "C00027", "C00051", "C00073", "C00109", "C00111", "C00121", "C00125",
        "C00188", "C00190", "C00212", "C00223",
        # daylight
        "C00081", "C00094", "C00126", "C00219",
        # countermessaging
        "C00017", "C00026", "C00042", "C00062", "C00075", "C00119", "C00156", "C00211",
        # verification
        "C00059",
        # coordination
        "C00159", "C00161", "C00170", "C00176", "C00220", "C00221", "C00222",
    )
)  # fmt: skip
# Why whole metatechniques are never offered.
NEVER: Mapping[str, str] = {
    "removal": "censors: takes down or blocks what others say",
    "cleaning": "censors: deletes accounts or content of others",
    "friction": "censors: hinders or moderates what people may say, which is for platforms and their law",
    "data pollution": "deceives: plants false content or accounts",
    "diversion": "deceives: leads people away under false pretences",
    "dilution": "deceives: floods a conversation",
    "targeting": "harms people: infiltrates, discredits or pursues them",
    "reduce resources": "harms people: takes away their means",
    "scoring": "scores truth or people",
}
# Why single entries of the other metatechniques are not offered.
WITHHELD: Mapping[str, str] = {
    "C00009": "recruits people as messengers",
    "C00012": "censors: makes regulators act on content",
    "C00019": "names and shames people",
    "C00028": "scores people before they may post",
    "C00040": "judges people",
    "C00048": "names and shames people",
    "C00082": "deceives: automated replies that look like people",
    "C00085": "censors: mutes content",
    "C00093": "puts rules on what people may say",
    "C00113": "names people and judges their audience",
    "C00115": "attributes: names an actor and its intentions, which a person does with sources",
    "C00116": "attributes: names who is involved, which a person does with sources",
    "C00117": "censors: makes a message seen by fewer",
    "C00118": "deceives: alters images of others",
    "C00120": "for platforms to decide",
    "C00130": "recruits people as messengers",
    "C00136": "targets people",
    "C00160": "recruits people as messengers",
    "C00169": "deceives: pays for content without saying so",
    "C00184": "names people",
    "C00189": "censors: presses platforms to remove accounts",
    "C00200": "recruits people as messengers",
    "C00205": "censors: enforcement against content",
}
_ID = re.compile(r"C\d{5}")


class Counter(NamedTuple):
    """One countermeasure, and why it is not offered (empty: it is)."""

    id: str
    name: str
    metatechnique: str
    summary: str
    withheld: str

    @property
    def offered(self) -> bool:
        """Whether it stands on the checklist."""
        return not self.withheld


def read(raw: bytes) -> tuple[Counter, ...]:
    """Return the counters of the operator's table (CSV, UTF-8), by id, each with whether it is offered.

    Raises:
        LimitExceeded: more than ``MAX_BYTES``.
        MalformedRecord: not that table.
    """
    if len(raw) > MAX_BYTES:
        raise LimitExceeded(
            "the table of counters is too large", code="counters-too-large", hint="load DISARM's own table"
        )
    try:
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise _bad("not a CSV table in UTF-8", "") from error
    found: dict[str, Counter] = {}
    for line, row in enumerate(rows, start=2):
        if any(not isinstance(row.get(name), str) for name in COLUMNS) or not _ID.fullmatch(row["counter_id"]):
            raise _bad("not a row of DISARM's counters", f"row {line}")
        if row["counter_id"] in found:
            raise _bad("a counter stands there twice", f"row {line}")
        id_, kind = row["counter_id"], row["metatechnique"].strip().casefold()
        found[id_] = Counter(id_, row["name"].strip(), kind, row["summary"].strip(), why_withheld(id_, kind))
    return tuple(found[id_] for id_ in sorted(found))


def why_withheld(id_: str, metatechnique: str) -> str:
    """Return why a counter is not offered; empty where it is.

    >>> why_withheld("C00125", "resilience"), why_withheld("C00016", "removal")
    ('', 'censors: takes down or blocks what others say')
    """
    if metatechnique in NEVER:
        return NEVER[metatechnique]
    return WITHHELD.get(id_, "" if id_ in OFFERED else "nobody has looked at it")


def checklist(counters: Sequence[Counter], only: frozenset[str] | None = None) -> tuple[Counter, ...]:
    """Return the options on offer.

    Args:
        counters: of the operator's table.
        only: ids a programme narrows the list to; an id that is not on offer stays off.
    """
    return tuple(one for one in counters if one.offered and (only is None or one.id in only))


def _bad(message: str, where: str) -> MalformedRecord:
    return MalformedRecord(message, code="counters-malformed", where=where, hint="load DISARM's own table")
