"""Followed: how the lines to take of this node stood in a week, among its posts and articles.

Articles are carried from one run to the next as posts are (title and opening, ``remembered``).
A week is measured again whenever posts or articles of it come, so that one cut of the input gives the same as another. What a
group that chance does not explain pushed is told apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from foedus.areas.information import channels, claimed, messages, options, remembered
from foedus.areas.information.channels import Listed
from foedus.areas.information.claimed import Written
from foedus.areas.information.extensions import LAYER
from foedus.areas.information.few import rounded
from foedus.areas.information.meaning import extensions, lines, standing
from foedus.areas.information.meaning.embed import Encoder
from foedus.areas.information.meaning.figures import carried, named, uptake, voice
from foedus.areas.information.meaning.lines import Heard, Said, Subject, reaches
from foedus.areas.information.meaning.standing import Day, Standing
from foedus.areas.information.messages import Messages
from foedus.areas.information.options import Offered
from foedus.areas.information.remembered import Joined, State, monday_s
from foedus.model import instant, stix
from foedus.model.canonical import canonical, digest
from foedus.model.finding import Finding, Support
from foedus.model.room import Layers
from foedus.model.stix import StixObject

if TYPE_CHECKING:
    pass

KIND = "message-uptake"
MAX_MEANT = 20_000
"""Distinct texts of a week that are compared by meaning; more are compared by their words alone."""


class Told(NamedTuple):
    """What a run is told with: whose node, the source read, its layers, the instant of the run."""

    owner: str
    source: str
    layers: Layers
    now: str


class _Week(NamedTuple):
    """Records of a week that count, what was left out, and the sources of all."""

    said: list[Said]
    sources: tuple[str, ...]
    coverage: dict[str, str | int]


class _Known(NamedTuple):
    """What the lines are held against."""

    messages: Messages
    claims: Sequence[Written]
    table: Mapping[str, Listed]
    encoder: Encoder | None


class _Made(NamedTuple):
    standing: Standing
    because: tuple[str, ...]
    digest: str


def findings(
    state: State, both: tuple[Joined, Joined], pushed: Mapping[int, list[str]], told: Told
) -> Iterator[Finding]:
    """Say how each line stood in the weeks with news; what no longer stands is revoked.

    Args:
        state: of the room; ``followed`` is read and written.
        both: posts and articles, those held and new.
        pushed: ids of what groups pushed, of the weeks just measured.
        told: what it is told with.
    """
    mine = remembered.restore(state.followed)
    mine.pushed |= pushed
    written = messages.written(told.layers)
    if written.lines or mine.said:
        encoder = claimed.encoder_or_none() if written.lines else None
        known = _Known(written, claimed.written(told.layers), channels.listed(told.layers), encoder)
        offered = options.offered(told.layers)
        for week in sorted({week for one in both for week in one.fresh}):
            of_week = _week(week, both, mine.pushed, known)
            made = {_id(one): one for one in _made(week, of_week, known, told.owner)}
            gone, news = remembered.changed(
                mine.said, week, {id_: one.digest + offered.digest for id_, one in made.items()}
            )
            yield from (_withdrawn(id_, week, told) for id_ in gone)
            yield from (_finding(made[id_], told.now, offered) for id_ in news)
    newest = max(*(int(one.week.max(initial=0)) for one in both), *(one.week for one in mine.said.values()), 0)
    since = newest - remembered.WEEKS + 1
    mine.said = {id_: one for id_, one in sorted(mine.said.items()) if one.week >= since}
    mine.pushed = {week: ids for week, ids in sorted(mine.pushed.items()) if week >= since and ids}
    state.followed = remembered.dump(mine) if mine.said or mine.pushed else b""


def is_ours(document: StixObject) -> bool:
    """Say whether somebody's object says what ours say."""
    return document.type == "grouping" and extensions.UPTAKE in document.extensions


def _week(week: int, both: tuple[Joined, Joined], pushed: Mapping[int, list[str]], known: _Known) -> _Week:
    """The records of a week, by instant and id, as they are heard."""
    hurried = frozenset(pushed.get(week, ()))
    said: dict[str, Said] = {}
    sources: set[str] = set()
    for joined in both:
        rows = np.flatnonzero(joined.week == week)
        for row in joined.posts.take(rows).to_pylist():
            said[row["record_id"]] = _said(row, known.table, hurried)
            sources.add(row["origin"])
    ordered = sorted(said.values(), key=lambda one: (one.at, one.id))
    own = sum(one.owned for one in ordered)
    coverage: dict[str, str | int] = {
        "records": rounded(len(ordered)),
        "of them by own channels, not counted": rounded(own),
        "of them by channels in the table": rounded(sum(one.tier != "unknown" for one in ordered)),
        "model of meaning": known.encoder.name if known.encoder else "none",
    }
    return _Week(ordered, tuple(sorted(sources)), coverage)


def _said(row: Mapping[str, Any], table: Mapping[str, Listed], hurried: frozenset[str]) -> Said:
    listed = table.get(channels.known_as(row["channel"]))
    said = Said(row["record_id"], row["published_at"], row["language"], row["text"], row["channel"] or row["account"])
    if listed is not None:
        said = said._replace(
            channel=listed.channel.name, tier=listed.channel.tier, country=listed.country, owned=listed.own
        )
    return said._replace(amplified=said.id in hurried)


def _made(week: int, of_week: _Week, known: _Known, owner: str) -> Iterator[_Made]:
    for line in known.messages.lines:
        against = messages.adverse(line.subject, known.claims)
        subjects = [line.subject, *(one for one, _ in against)]
        before = [one for one in of_week.said if reaches(line.subject.audience, one)]
        heard, unmeant = _heard(subjects, before, known.encoder)
        days = tuple(_days(line.subject, subjects, (before, heard), known.messages))
        if not days:
            continue
        missing = () if known.encoder else (claimed.ABSENT,)
        stood = Standing(
            owner=owner, from_at=_monday(week), line=line.subject, narratives=tuple(one.claim for _, one in against), days=days,
            coverage=of_week.coverage | {"texts compared by their words alone": rounded(unmeant)},
            unseen=(*standing.UNSEEN, *missing),
        )  # fmt: skip
        layers = {line.layer, *(one.layer for _, one in against), *(one.layer for one in known.table.values())}
        layers |= set(known.messages.named_in)
        because = (*(f"source:{one}" for one in of_week.sources), *(f"layer:{one}" for one in sorted(layers)))
        head = standing.encode(stood, stood.from_at).head
        yield _Made(stood, because, digest([hashlib.sha256(head.raw).hexdigest(), list(because)]))


def _heard(subjects: Sequence[Subject], before: Sequence[Said], encoder: Encoder | None) -> tuple[list[Heard], int]:
    """What each record is close to, each distinct text read once; and how many texts were too many for the model."""
    distinct: dict[tuple[str, str], Said] = {}
    for one in before:
        distinct.setdefault((one.language, one.text), one)
    texts = list(distinct.values())
    meant = texts[:MAX_MEANT] if encoder else []
    rest = texts[len(meant) :]
    of: dict[tuple[str, str], list[Heard]] = {}
    for found in (*lines.hear(subjects, meant, encoder), *lines.hear(subjects, rest)):
        of.setdefault((found.said.language, found.said.text), []).append(found)
    heard = [like._replace(said=one) for one in before for like in of.get((one.language, one.text), ())]
    return heard, len(rest)


def _days(
    line: Subject, subjects: Sequence[Subject], found: tuple[list[Said], list[Heard]], told: Messages
) -> Iterator[Day]:
    before, heard = found
    named_in = lines.about(before, told.names)
    taken = {one.day: one for one in uptake(line, subjects, heard)}
    against = carried(frozenset(one.id for one in subjects if not one.own), line.audience, heard)
    partnership = named(line.audience, named_in)
    voices = voice(line.topic, line.audience, subjects, heard, named_in)
    for day in sorted({*taken, *against, *partnership}):
        yield Day(
            day=day,
            uptake=taken.get(day),
            narratives=against.get(day),
            partnership=partnership.get(day),
            voice=voices.get(day, {}),
        )


def _monday(week: int) -> datetime:
    return instant.from_us(monday_s(week) * 1_000_000)


def _id(one: _Made) -> str:
    return standing.id_of(one.standing.owner, one.standing.line.id, one.standing.from_at)


def _finding(one: _Made, modified: str, offered: Offered) -> Finding:
    """The finding; options are offered where narratives work against the line."""
    encoded = standing.encode(one.standing, instant.parse(modified))
    defined = {held.id for held in extensions.definitions()}
    supports = tuple(Support(held, (LAYER,) if held.id in defined else one.because) for held in encoded.supports)
    if any(day.narratives for day in one.standing.days):
        supports += options.supports(encoded.head, offered)
    return Finding("information", KIND, encoded.head, one.because, supports)


def _withdrawn(id_: str, week: int, told: Told) -> Finding:
    """A line that nothing is said of any more, or that was taken out of the files."""
    definitions = extensions.definitions()
    head = {
        "type": "grouping", "spec_version": "2.1", "id": id_, "created": instant.stix_text(_monday(week)), "modified": told.now,
        "revoked": True, "name": "No longer concluded", "context": "unspecified", "object_refs": [definitions[0].id],
        "extensions": {extensions.UPTAKE: {"extension_type": "property-extension"}},
    }  # fmt: skip
    supports = tuple(Support(one, (LAYER,)) for one in definitions)
    return Finding("information", KIND, stix.read(canonical(head)), (f"source:{told.source}",), supports)
