"""Directed co-sharing, as the Coordination Network Toolkit of QUT weighs it.

Definition: the weight from u to v is the number of distinct records of u that have, within the window, a partner of v on the same
object. Its two faults are not kept: a post without URL shares nothing (there, the URL ""), and no record is its own partner
(there, every account is tied to itself), so an account has no edge to itself.

Source: Graham and QUT Digital Observatory, Coordination Network Toolkit 1.5.2 (MIT), doi 10.25912/RDF_1632782596538; the rule
only. Innocent explanations: as for ``cosharing``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from foedus.areas.information.methods.components import Index
from foedus.areas.information.methods.pairs import CHUNK, VIRAL, Shares, Viral, lined, paired, unique
from foedus.areas.information.methods.runs import distinct, opens, sizes


class Directed(NamedTuple):
    """Edges by codes ascending, and the objects that were too many to pair."""

    source: Index
    target: Index
    weight: Index
    viral: tuple[Viral, ...]


def network(shares: Shares, window: int, *, viral: int = VIRAL, chunk: int = CHUNK) -> Directed:
    """Weigh edges in both directions."""
    line = lined(unique(shares), window, viral)
    account, content = line.shares.account, line.shares.content
    width = int(account.max(initial=0)) + 1
    met = [np.zeros(0, dtype=np.int64)]
    for older, newer in paired(line, chunk):
        differ = account[older] != account[newer]
        one, other = older[differ], newer[differ]
        both = np.concatenate((content[one] * width + account[other], content[other] * width + account[one]))
        met.append(distinct(both))
    whole = distinct(np.concatenate(met))
    owner = np.zeros(int(content.max(initial=0)) + 1, dtype=np.int64)
    owner[content] = account
    edge = np.sort(owner[whole // width] * width + whole % width)
    starts = opens(edge)
    return Directed(edge[starts] // width, edge[starts] % width, sizes(starts, len(edge)), line.viral)
