"""Channels: the public ones that people of this node listed, each with its tier; who is not in the table has none.

They stand in layer files ``information/channels/*.toml``: tables ``[[channel]]`` with ``name`` (as records name it: a domain, a
handle), ``tier`` of the FIMI Exposure Matrix, ``source``, ``on`` and ``assessor`` of the listing, and where they apply
``country`` (two letters), ``own`` (one of ours: what it says is no uptake), ``technical`` and ``behavioural`` indicators.

Nothing here looks at what a channel says, or in what language.

Source: FIMI Exposure Matrix, EEAS, third report on FIMI threats, 2025.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple

import msgspec

from foedus.areas.information.meaning.judgement import Channel, Listing
from foedus.errors import MalformedRecord
from foedus.model.room import Layers

FOLDER = "information/channels/"


class Listed(NamedTuple):
    """A public channel, where it is from, whether it is ours, and the layer file it stands in."""

    channel: Channel
    country: str
    own: bool
    layer: str


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    tier: Literal["official", "controlled", "linked", "aligned", "media", "organisation"]
    source: str
    on: date
    assessor: str
    country: str = ""
    own: bool = False
    technical: tuple[str, ...] = ()
    behavioural: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    channel: tuple[_Row, ...]


def listed(layers: Layers) -> dict[str, Listed]:
    """Return the channels of the node's layer files, by ``known_as``.

    Raises:
        MalformedRecord: a file that is not understood, or a channel listed twice; ``where`` is the file's name.
    """
    found: dict[str, Listed] = {}
    for name, raw in sorted(layers.files(FOLDER).items()):
        for row in _rows(name, raw) if name.endswith(".toml") else ():
            if known_as(row.name) in found:
                raise _bad("a channel stands there twice", name, "list each channel once, in one file")
            found[known_as(row.name)] = Listed(_channel(row, name), row.country.upper(), row.own, name)
    return found


def known_as(name: str) -> str:
    """Return how a channel is looked up.

    >>> known_as(" @Wire.Example"), known_as("wire.example")
    ('wire.example', 'wire.example')
    """
    return name.strip().removeprefix("@").casefold()


def _rows(name: str, raw: bytes) -> tuple[_Row, ...]:
    try:
        held: Mapping[str, object] = tomllib.loads(raw.decode())
        return msgspec.convert(held, _File).channel
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise _bad(
            "a table of channels that is not understood",
            name,
            "write tables [[channel]] with name, tier, source, on and assessor",
        ) from error


def _channel(row: _Row, name: str) -> Channel:
    if not (row.name.strip() and row.source.strip() and row.assessor.strip()):
        raise _bad(
            "a channel without name, source or assessor", name, "say which channel, by which list, assessed by whom"
        )
    try:
        listing = Listing(row.source, row.on.isoformat(), row.assessor, row.technical, row.behavioural)
        return Channel(row.name.strip(), "", row.tier, listing)
    except MalformedRecord as error:
        raise MalformedRecord(error.message, code=error.code, where=name, hint=error.hint) from error


def _bad(message: str, where: str, hint: str) -> MalformedRecord:
    return MalformedRecord(message, code="channels-malformed", where=where, hint=hint)
