"""Cases: a group that chance does not explain, as a finding; how it looks once it no longer stands.

Nothing of a post goes along: no text, address, hashtag, account, pseudonym or hash of one. Objects are told by kind and number;
what was said is told only in claims that people wrote.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from foedus.areas.information import circles, evidence, options
from foedus.areas.information.claimed import ABSENT, Written, carried
from foedus.areas.information.extensions import LAYER
from foedus.areas.information.few import rounded
from foedus.areas.information.meaning import across, disarm, extensions, opencti_ids, stance
from foedus.areas.information.meaning.disarm import Behaviour, Measured, Tag
from foedus.areas.information.meaning.embed import Encoder
from foedus.areas.information.meaning.findings import Case, Hour, Shared, encode
from foedus.areas.information.meaning.judgement import Coordination
from foedus.areas.information.meaning.packs import Released
from foedus.areas.information.methods.shares import HASHTAG
from foedus.areas.information.options import Offered
from foedus.areas.information.remembered import monday_s
from foedus.areas.information.together import ARTICLES, METHOD, PARAMETERS, POSTS, TEXT, Group, Sort, Week
from foedus.model import instant, stix
from foedus.model.canonical import canonical, digest
from foedus.model.finding import Finding, Support
from foedus.model.stix import StixObject

if TYPE_CHECKING:
    import pyarrow as pa

KIND = "coordination"
HOUR_US = 3_600_000_000
MAX_SHARED = 100
UNSEEN = (
    "who is behind it, and whether anybody arranged it",
    "whether accounts are what they say they are, or act from abroad",
    "whether any of it is true",
    "what was shared over more than one week",
)
AGENCY = "whether the outlets have the copy of one agency, which few others take"

_GRADED: tuple[tuple[Behaviour, str], ...] = (("copies", TEXT), ("volume-on-hashtag", HASHTAG))
Columns = Mapping[str, list[Any]]
"""Columns of a week's posts, by name."""


class Known(NamedTuple):
    """What a week is told with.

    Attributes:
        owner: whose node it is.
        claims: what its people wrote down.
        encoder: the model of meaning; None without the extra.
        crowded: weeks that lost posts for want of room.
        deleted: weeks of which posts went with their source.
    """

    owner: str
    claims: Sequence[Written]
    encoder: Encoder | None
    crowded: Sequence[int]
    deleted: Sequence[int] = ()


class Made(NamedTuple):
    """A finding before it is dated: its case, what it rests on, the hash of all it says, its evidence that may go.

    ``accounts`` are the group's: they stay in the room.
    """

    case: Case
    because: tuple[str, ...]
    id: str
    digest: str
    pack: Released
    accounts: tuple[str, ...]


def made(week: int, posts: pa.Table, measured: Week, known: Known) -> list[Made]:
    """Return what is to be said of a week, by id.

    Args:
        week: its number.
        posts: its posts, by instant and id.
        measured: what they gave.
        known: what they are told with.
    """
    columns = {
        name: posts[name].to_pylist() for name in ("record_id", "origin", "platform", "language", "account", "channel")
    }
    columns["at_us"] = posts["published_at"].cast("int64").to_pylist()
    coverage = _coverage(week, columns, measured, known)
    found = [
        _made(
            week,
            columns,
            group,
            (known, coverage, evidence.may_go(group, posts, coverage, measured.sort), measured.sort),
        )
        for group in measured.groups
    ]
    return sorted(found, key=lambda one: one.id)


def finding(one: Made, week: int, modified: str, offered: Offered) -> Finding:
    """Return the finding of a case; it is created with its week, so that every cut of the input gives it one id."""
    encoded = encode(one.case, "opencti", instant.from_us(monday_s(week) * 1_000_000), instant.parse(modified))
    defined = {held.id for held in extensions.definitions()}
    supports = [Support(held, (LAYER,) if held.id in defined else one.because) for held in encoded.supports]
    dated = {"spec_version": "2.1", "created": _created(week), "modified": modified}
    supports.append(Support(evidence.note(one.pack, encoded.head.id, dated), one.because))
    supports += options.supports(encoded.head, offered)
    return Finding("information", KIND, encoded.head, one.because, tuple(supports))


def withdrawn(id_: str, week: int, modified: str, source: str) -> Finding:
    """Return the finding that says an earlier one no longer stands."""
    head = {
        "type": "incident",
        "spec_version": "2.1",
        "id": id_,
        "created": _created(week),
        "modified": modified,
        "revoked": True,
        "name": "No longer concluded",
        "extensions": {extensions.CASE: {"extension_type": "property-extension"}},
    }
    supports = tuple(Support(one, (LAYER,)) for one in extensions.definitions())
    return Finding("information", KIND, stix.read(canonical(head)), (f"source:{source}",), supports)


def is_ours(document: StixObject) -> bool:
    """Say whether somebody's object says what ours say."""
    return document.type == "incident" and extensions.CASE in document.extensions


def _made(week: int, columns: Columns, group: Group, told: tuple[Known, dict[str, str | int], Released, Sort]) -> Made:
    known, coverage, pack, sort = told
    claims = carried(known.claims, group.texts, known.encoder)
    ids = [columns["record_id"][row] for row in group.rows.tolist()]
    communities, ties = circles.told(group.circles)
    case = Case(
        name=_name(week, known.owner, ids[0], sort.done),
        from_at=instant.from_us(_hour(columns, group.rows[0])),
        to_at=instant.from_us(_hour(columns, group.rows[-1]) + HOUR_US),
        stage="triage",
        coordination=Coordination(
            group.accounts,
            len(group.shared),
            sort.window_s,
            group.chances,
            sort.method,
            sort.parameters,
            digest(sorted(ids)),
        ),
        claims=tuple({one.claim.text: one.claim for one in claims}.values()),
        tags=tuple(_tags(group, columns, known.encoder)) if sort is POSTS else (),
        coverage=coverage,
        pack_sha256=hashlib.sha256(pack.raw).hexdigest(),
        shared=tuple(_shared(group, columns)),
        timeline=tuple(_timeline(group, columns)),
        communities=communities,
        ties=ties,
        first_seen=tuple(circles.seen(columns, group.rows)),
        unseen=(*UNSEEN, *((AGENCY,) if sort is ARTICLES else ()), *(() if known.encoder else (ABSENT,))),
    )
    sources = sorted({columns["origin"][row] for row in group.rows.tolist()})
    because = (*(f"source:{one}" for one in sources), *sorted({f"layer:{one.layer}" for one in claims}))
    id_ = opencti_ids.incident(case.name, _created(week))
    head = encode(case, "opencti", case.from_at, case.from_at).head
    return Made(
        case, because, id_, digest([hashlib.sha256(head.raw).hexdigest(), list(because)]), pack, _accounts(group)
    )


def _accounts(group: Group) -> tuple[str, ...]:
    return tuple(sorted({account for tie in group.ties for account in (tie.a, tie.b)}))


def _name(week: int, owner: str, first: str, done: str) -> str:
    """What a case is called: of its week and its first post, by a number nobody can go back from."""
    number = digest([owner, week, first])[:8]
    return f"{done} together in the week of {_created(week)[:10]}, group {number}"


def _created(week: int) -> str:
    return instant.stix_text(instant.from_us(monday_s(week) * 1_000_000))


def _hour(columns: Columns, row: int) -> int:
    return int(columns["at_us"][row]) // HOUR_US * HOUR_US


def _text(us: int) -> str:
    return instant.stix_text(instant.from_us(us))


def _coverage(week: int, columns: Columns, measured: Week, known: Known) -> dict[str, str | int]:
    return {
        measured.sort.name: rounded(len(columns["record_id"])),
        f"{measured.sort.name} without account or instant": rounded(measured.left_out),
        "sharers": "outlets" if measured.sort is ARTICLES else "accounts",
        "objects too many to pair": measured.viral,
        "week": _created(week)[:10],
        f"{measured.sort.name} lost for want of room": "some" if week in known.crowded else "none",
        f"{measured.sort.name} deleted with their source": "some" if week in known.deleted else "none",
        "model of meaning": known.encoder.name if known.encoder else "none",
    }


def _shared(group: Group, columns: Columns) -> Iterator[Shared]:
    numbers: Counter[str] = Counter()
    for one in group.shared[:MAX_SHARED]:
        numbers[one.kind] += 1
        first, last = (_text(_hour(columns, row)) for row in (one.rows[0], one.rows[-1]))
        yield Shared(one.kind, numbers[one.kind], rounded(one.accounts), rounded(len(one.rows)), first, last)


def _timeline(group: Group, columns: Columns) -> Iterator[Hour]:
    hours = Counter(_hour(columns, row) for row in group.rows.tolist())
    for hour, records in sorted(hours.items()):
        if rounded(records):
            yield Hour(_text(hour), rounded(records))


def _tags(group: Group, columns: Columns, encoder: Encoder | None) -> Iterator[Tag]:
    """Techniques that what was measured is consistent with; of a kind of objects only where its ties stand out."""
    for behaviour, kind in _GRADED:
        if kind in group.kinds and any(one.kind == kind for one in group.shared):
            yield from _tag(behaviour, group, columns, METHOD)
    platforms = [{columns["platform"][row] for row in one.rows.tolist()} - {""} for one in group.shared]
    if any(len(held) > 1 for held in platforms):
        yield from _tag("platforms", group, columns, METHOD)
    if encoder is not None and _translated(group, encoder):
        yield from _tag("translation", group, columns, f"{across.METHOD}, {encoder.name}")


def _tag(behaviour: Behaviour, group: Group, columns: Columns, method: str) -> Iterator[Tag]:
    records = tuple(columns["record_id"][row] for row in group.rows.tolist())
    held = disarm.suggest(Measured(behaviour, method, dict(PARAMETERS), group.chances, records, "strong"))
    if held is not None:
        yield held


def _translated(group: Group, encoder: Encoder) -> bool:
    """Whether two texts that the group shared are one in two languages."""
    texts = [across.Text(*one) for one in group.texts]
    return any(one.kind == "translation" and stance.supports(one.stance) for one in across.link(texts, encoder))
