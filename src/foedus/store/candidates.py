"""Candidates for release: findings whose columns satisfy a predicate that a compiled policy gives as SQL text.

The predicate names columns of the object as ``o.`` (owner, area, kind, created_us, labelled_us) and those of its label under
the policy as ``f.`` (level, tlp, cats, caveats, audience, unknown, from_us, until_us). It is only compared here, not known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from types import MappingProxyType
from typing import Literal, NamedTuple

from sqlalchemy import TextClause, delete, exists, literal, select, text, union_all

from foedus.model import label as label_model
from foedus.model.label import Label
from foedus.store.bulk import bulk_insert
from foedus.store.engine import Read, Tx
from foedus.store.findings import Held, findings_along, findings_of
from foedus.store.tables import label, label_facet, label_use, view

_BATCH = 1_000
_ALONG = 500
"""Candidates of several runs that are read at a time."""
_RUNS = 400
"""Runs in one statement: SQLite takes 500 parts."""


class Facet(NamedTuple):
    """A label of an owner's under a policy, in a span of time: one row of what the predicate calls ``f.``."""

    label_id: int
    owner: str
    level: int
    tlp: int
    cats: int
    caveats: int
    audience: int
    unknown: int
    from_us: int
    until_us: int


class Unfaceted(NamedTuple):
    """A label on findings of an owner, of which a policy has no facets yet."""

    label_id: int
    owner: str
    label: Label


class Predicate(NamedTuple):
    """What a policy asks of the findings of one programme area: SQL text with named parameters, and the policy's hash.

    What a view showed and what expired before ``at_us`` may come again. ``labels`` is what it asks of their labels and owners
    alone, in the same form, so that findings under others are not looked at; of itself nothing.
    """

    sql: str
    parameters: Mapping[str, int | str]
    policy_hash: str
    area: str
    at_us: int = 0
    labels: tuple[str, Mapping[str, int | str]] = ("(1 = 1)", MappingProxyType({}))


class Uncovered(NamedTuple):
    """A row of a view that the predicate no longer covers."""

    added_us: int
    object_id: str
    version: str
    finding_seq: int


def unfaceted(read: Read, policy_hash: str) -> list[Unfaceted]:
    """Return the labels in use of which a policy has no facets yet."""
    return unfaceted_by(read, [policy_hash]).get(policy_hash, [])


def unfaceted_by(read: Read, policy_hashes: Sequence[str]) -> dict[str, list[Unfaceted]]:
    """Return the labels in use of which policies have no facets yet; a policy that has all is absent."""
    known = exists(1).where(label_facet.c.label_id == label_use.c.label_id, label_facet.c.owner == label_use.c.owner)
    used = select(label_use.c.label_id, label_use.c.owner, label.c.canonical)
    used = used.join_from(label_use, label, label.c.id == label_use.c.label_id)
    lacking = [
        used.add_columns(literal(one)).where(~known.where(label_facet.c.policy_hash == one)) for one in policy_hashes
    ]
    found: dict[str, list[Unfaceted]] = {}
    for label_id, owner, canonical, policy_hash in read.connection.execute(union_all(*lacking)) if lacking else ():
        found.setdefault(policy_hash, []).append(Unfaceted(label_id, owner, label_model.read(canonical)))
    return {policy_hash: sorted(some, key=lambda one: one[:2]) for policy_hash, some in found.items()}


def put_facets(tx: Tx, policy_hash: str, facets: Sequence[Facet]) -> None:
    """Keep the facets of labels that ``unfaceted`` named."""
    rows = [(policy_hash, *facet) for facet in facets]
    bulk_insert(tx.connection, label_facet, ("policy_hash", *Facet._fields), rows)


def drop_facets(tx: Tx, keep: Sequence[str]) -> None:
    """Forget the facets of all policies but some."""
    tx.connection.execute(delete(label_facet).where(label_facet.c.policy_hash.not_in(keep)))


class Run(NamedTuple):
    """What may go of one room to one view: what covers, and beyond which row."""

    predicate: Predicate
    room: str
    view: str
    after_seq: int = 0


class Coming(NamedTuple):
    """A candidate: the place of its run, itself, and whether no newer version of it is held."""

    place: int
    held: Held
    current: bool


def along(read: Read, runs: Sequence[Run]) -> Iterator[list[Coming]]:
    """Yield the unseen candidates of runs in batches, run after run, each by row.

    What is next is asked of all runs that are left in one statement.
    """
    at, after = 0, runs[0].after_seq if runs else 0
    while at < len(runs):
        some = _next(read, runs[at : at + _RUNS], at, after)
        if some:
            yield some
        if len(some) == _ALONG:
            at, after = some[-1].place, some[-1].held.seq
        else:
            at += _RUNS
            after = runs[at].after_seq if at < len(runs) else 0


def _next(read: Read, runs: Sequence[Run], first: int, after: int) -> list[Coming]:
    """Return what comes first in runs, in the first of them from beyond a row on."""
    arms: list[str] = []
    asked: dict[str, int | str] = {"batch": _ALONG}
    for place, run in enumerate(runs):
        parts = {**_fixed(run.predicate), "room": run.room, "view": run.view, "at_us": run.predicate.at_us}
        parts |= {"place": first + place, "after": run.after_seq if place else after}
        del parts["batch"]
        arm, of_run = _renamed(_ARM.format(predicate=run.predicate.sql), parts, f"r{place}_")
        labels, of_labels = _renamed(*run.predicate.labels, f"l{place}_")
        arms.append(arm.replace("{labels}", labels))
        asked |= of_run | of_labels
    statement = text(f"SELECT place, seq FROM ({' UNION ALL '.join(arms)}) AS runs LIMIT :batch")  # noqa: S608
    rows = findings_along(read, statement.bindparams(**asked))
    return sorted((Coming(*row) for row in rows), key=lambda one: (one.place, one.held.seq))


def _renamed(sql: str, parameters: Mapping[str, int | str], prefix: str) -> tuple[str, dict[str, int | str]]:
    """Return SQL text with each parameter under another name, so that texts can stand beside one another."""
    names = re.compile(rf":({'|'.join(map(re.escape, sorted(parameters, key=len, reverse=True)))})\b")
    renamed = names.sub(lambda found: f":{prefix}{found[1]}", sql) if parameters else sql
    return renamed, {f"{prefix}{name}": value for name, value in parameters.items()}


def candidates(
    read: Read,
    predicate: Predicate,
    rooms: Sequence[str],
    name: str,
    *,
    which: Literal["unseen", "all", "torn"] = "unseen",
    after_seq: int = 0,
) -> Iterator[Held]:
    """Yield the findings of rooms that the predicate covers, by row, from beyond ``after_seq`` on.

    Args:
        read: the transaction.
        predicate: what covers.
        rooms: the rooms.
        name: the view.
        which: those that the view does not show as they are; all, as after a change of policy; or those not shown that the
            predicate covers once what is marked apart is torn off them, whether or not it covers them whole.
        after_seq: only rows beyond it.
    """
    again, torn = which == "all", which == "torn"
    wanted = _TORN_CANDIDATES if torn else _CANDIDATES
    unseen = _UNSEEN.format(label="whole_id" if torn else "label_id")
    statement = text(wanted.format(predicate=predicate.sql, unseen="" if again else unseen))
    view_id = read.connection.scalar(select(view.c.id).where(view.c.name == name)) or 0
    fixed = _fixed(predicate, view_id) if not again else _fixed(predicate)
    # Few are torn; of the others each label's are read apart, and merged into the order of rows.
    asked = [fixed] if torn else [{**fixed, "label_id": one, "owner": owner} for one, owner in _labels(read, predicate)]
    for room in rooms:
        seqs = merge(*(_seqs(read, statement, {**one, "room": room}, after_seq) for one in asked))
        while batch := list(islice(seqs, _BATCH)):
            yield from findings_of(read, batch)


def _labels(read: Read, predicate: Predicate) -> list[tuple[int, str]]:
    """The labels, and on whose findings, under which a finding may be covered."""
    asked, parameters = predicate.labels
    statement = text(_LABELS.format(labels=asked))
    rows = read.connection.execute(statement, {**parameters, "policy_hash": predicate.policy_hash})
    return [(label_id, owner) for label_id, owner in rows]


def _seqs(read: Read, statement: TextClause, asked: Mapping[str, int | str], after_seq: int) -> Iterator[int]:
    """Yield rows in their order, a batch at a time."""
    after = after_seq
    while seqs := list(read.connection.scalars(statement, {**asked, "after": after})):
        yield from seqs
        after = seqs[-1]


def uncovered(read: Read, predicate: Predicate, name: str) -> Iterator[Uncovered]:
    """Yield the findings (heads) in a view that the predicate does not cover any more, in order of coming."""
    statement = text(_UNCOVERED.format(predicate=predicate.sql))
    view_id = read.connection.scalar(select(view.c.id).where(view.c.name == name)) or 0
    after = -1
    while rows := read.connection.execute(statement, {**_fixed(predicate, view_id), "after": after}).fetchall():
        yield from (Uncovered(*row) for row in rows)
        after = rows[-1].added_us


_OBJECT = "SELECT seq, owner, CAST(:area AS TEXT) AS area, kind, reference_us AS created_us, labelled_us, label_id FROM finding"

# The same of findings that have parts marked apart, under the label of the rest.
_TORN = (
    "SELECT w.seq, w.owner, CAST(:area AS TEXT) AS area, w.kind, w.reference_us AS created_us, w.labelled_us, t.label_id,"
    " w.label_id AS whole_id FROM torn t CROSS JOIN finding w WHERE w.seq = t.finding_seq"
)

# CROSS JOIN: SQLite then keeps the order of the tables: few are torn, and a batch reads the next rows, not all that are left.
_LABELLED = "CROSS JOIN label_facet f"

_SAME_LABEL = "f.policy_hash = :policy_hash AND f.label_id = o.label_id AND f.owner = o.owner"

_UNSEEN = (
    " AND NOT EXISTS (SELECT 1 FROM view_row v"
    " WHERE v.finding_seq = o.seq AND v.view_id + 0 = :view_id AND v.label_id = o.{label}"
    " AND (v.once OR v.expires_us IS NULL OR v.expires_us > :at_us))"
)

# Only SQL of our own making comes into these texts: what varies are parameters.
_CANDIDATES = (
    f"SELECT o.seq FROM ({_OBJECT} WHERE label_id = :label_id AND owner = :owner AND room = :room AND head"  # noqa: S608
    f" AND seq > :after) o {_LABELLED} WHERE {_SAME_LABEL} AND {{predicate}}{{unseen}} ORDER BY o.seq LIMIT :batch"
)

_UNSEEN_IN = _UNSEEN.format(label="label_id").replace(":view_id", "(SELECT id FROM view WHERE name = :view)")

# Of each label the first rows, then of all labels the first of these: no more is read than a batch of each.
_ARM = (
    "SELECT * FROM (SELECT :place AS place, c.seq FROM (SELECT DISTINCT f.label_id, f.owner FROM label_facet f"  # noqa: S608
    f" WHERE f.policy_hash = :policy_hash AND {{{{labels}}}}) l CROSS JOIN finding c WHERE c.seq IN (SELECT o.seq FROM"
    f" ({_OBJECT} WHERE label_id = l.label_id AND owner = l.owner AND room = :room AND head AND seq > :after) o"
    f" {_LABELLED} WHERE {_SAME_LABEL} AND {{predicate}}{_UNSEEN_IN} ORDER BY o.seq LIMIT :batch)"
    " ORDER BY c.seq LIMIT :batch)"
)

_LABELS = (
    "SELECT DISTINCT f.label_id, f.owner FROM label_facet f WHERE f.policy_hash = :policy_hash AND {labels}"
    " ORDER BY f.label_id, f.owner"
)

_TORN_CANDIDATES = (
    f"SELECT o.seq FROM ({_TORN} AND w.room = :room AND w.head AND t.finding_seq > :after) o {_LABELLED}"  # noqa: S608
    f" WHERE {_SAME_LABEL} AND {{predicate}}{{unseen}} ORDER BY o.seq LIMIT :batch"
)

_UNCOVERED = (
    "SELECT r.added_us, r.object_id, r.version, r.finding_seq FROM view_row r JOIN finding h ON h.seq = r.finding_seq"  # noqa: S608
    " WHERE r.view_id = :view_id AND r.added_us > :after AND h.head AND NOT EXISTS"
    f" (SELECT 1 FROM ({_OBJECT}) o {_LABELLED}"
    f" WHERE o.seq = r.finding_seq AND {_SAME_LABEL} AND {{predicate}})"
    f" AND NOT EXISTS (SELECT 1 FROM ({_TORN} AND t.finding_seq = r.finding_seq) o {_LABELLED}"
    f" WHERE {_SAME_LABEL} AND {{predicate}})"
    " ORDER BY r.added_us LIMIT :batch"
)


def _fixed(predicate: Predicate, view_id: int | None = None) -> dict[str, int | str]:
    ours: dict[str, int | str] = {"area": predicate.area, "policy_hash": predicate.policy_hash, "batch": _BATCH}
    if view_id is not None:
        ours |= {"view_id": view_id, "at_us": predicate.at_us}
    return {**predicate.parameters, **ours}
