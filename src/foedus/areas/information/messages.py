"""Messages: the lines to take that people of this node wrote down, and what the partnership itself is called.

They stand in layer files ``information/lines/*.toml``: tables ``[[line]]`` with ``id``, ``from`` and ``until`` (days, both of the
term), ``texts`` by language, and where they apply ``topic`` (claims of the same topic work against it), ``languages`` of the
audience (else those of the texts), ``outlets`` and ``countries`` of outlets; and one table ``[partnership]``: its names by
language.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, NamedTuple

import msgspec

from foedus.areas.information.claimed import Written
from foedus.areas.information.meaning.claims import Claim
from foedus.areas.information.meaning.lines import Audience, Subject
from foedus.errors import MalformedRecord
from foedus.model.room import Layers

FOLDER = "information/lines/"


class Line(NamedTuple):
    """A line to take, and the layer file it stands in."""

    subject: Subject
    layer: str


class Messages(NamedTuple):
    """The lines by id; names of the partnership by language, and the files these stand in."""

    lines: tuple[Line, ...]
    names: dict[str, tuple[str, ...]]
    named_in: tuple[str, ...]


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,59}$")]
    texts: dict[str, str]
    since: date = msgspec.field(name="from")
    until: date
    topic: str = ""
    languages: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    line: tuple[_Row, ...] = ()
    partnership: dict[str, tuple[str, ...]] = {}


def written(layers: Layers) -> Messages:
    """Return the lines of the node's layer files.

    Raises:
        MalformedRecord: a file that is not understood, or an id given twice; ``where`` is the file's name.
    """
    lines: dict[str, Line] = {}
    names: dict[str, tuple[str, ...]] = {}
    named_in: list[str] = []
    for name, raw in sorted(layers.files(FOLDER).items()):
        held = _file(name, raw) if name.endswith(".toml") else _File()
        for row in held.line:
            if row.id in lines:
                raise _bad("two lines with one id", name, "give each line an id of its own")
            lines[row.id] = Line(_subject(row, name), name)
        for language, said in held.partnership.items():
            names[language] = tuple(dict.fromkeys((*names.get(language, ()), *(one for one in said if one.strip()))))
        named_in += [name] if held.partnership else []
    return Messages(tuple(lines[id_] for id_ in sorted(lines)), names, tuple(named_in))


def adverse(line: Subject, claims: Sequence[Written]) -> list[tuple[Subject, Written]]:
    """Return the claims of a line's topic as narratives that work against it."""
    against = (one for one in claims if one.topic == line.topic)
    return [
        (_narrative(f"claim:{number}", one.claim, line), one)
        for number, one in enumerate(sorted(against, key=lambda one: (one.claim.text, one.layer)))
    ]


def _narrative(id_: str, claim: Claim, line: Subject) -> Subject:
    wordings = {**claim.variants, claim.language: claim.text}
    return Subject(id_, line.topic, False, wordings, line.audience, line.valid_from, line.valid_until)


def _subject(row: _Row, name: str) -> Subject:
    audience = Audience(
        row.languages or tuple(sorted(row.texts)), row.outlets, tuple(one.upper() for one in row.countries)
    )
    begins, ends = (datetime.combine(day, time(), UTC) for day in (row.since, row.until))
    try:
        for language, text in row.texts.items():
            Claim(text, language)  # one sentence, as a claim is: no address, no account
        return Subject(row.id, row.topic, True, dict(row.texts), audience, begins, ends + timedelta(days=1))
    except MalformedRecord as error:
        raise MalformedRecord(error.message, code=error.code, where=name, hint=error.hint) from error


def _file(name: str, raw: bytes) -> _File:
    try:
        return msgspec.convert(tomllib.loads(raw.decode()), _File)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise _bad(
            "a file of lines that is not understood",
            name,
            "write tables [[line]] with id, from, until and texts by language",
        ) from error


def _bad(message: str, where: str, hint: str) -> MalformedRecord:
    return MalformedRecord(message, code="lines-malformed", where=where, hint=hint)
