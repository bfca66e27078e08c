"""The programme document: read, check, sign, amend. Nothing else in the product is a source of policy.

document.py     read, check, read_valid, digest, schema        over yaml12.py (text), structure.py (types), rules/ (sense)
agree.py        enrol, next_version, sign, add_signature, standing, follows, fork, cards_on
calendar.py     due
amend.py        diff, in the words of sentences.py
membership.py   members_on, expand; dates.py: days to half-open instants
packaged.py     the programmes that come with the product
"""

from foedus.programme.agree import (
    Problem,
    Standing,
    add_signature,
    cards_on,
    enrol,
    follows,
    fork,
    next_version,
    sign,
    standing,
)
from foedus.programme.amend import Change, diff
from foedus.programme.dates import period
from foedus.programme.document import Document, RoomFacts, check, digest, read, read_valid, schema
from foedus.programme.membership import expand, members_on
from foedus.programme.packaged import read_shipped, shipped
from foedus.programme.remark import CODES, Remark

__all__ = [
    "CODES",
    "Change",
    "Document",
    "Problem",
    "Remark",
    "RoomFacts",
    "Standing",
    "add_signature",
    "cards_on",
    "check",
    "diff",
    "digest",
    "enrol",
    "expand",
    "follows",
    "fork",
    "members_on",
    "next_version",
    "period",
    "read",
    "read_shipped",
    "read_valid",
    "schema",
    "shipped",
    "sign",
    "standing",
]
