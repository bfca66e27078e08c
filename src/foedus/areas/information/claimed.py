"""Claimed: the claims that people of this node wrote down, and which of them the texts of a group carry.

They stand in layer files ``information/claims/*.toml``: tables ``[[claim]]`` with ``text`` (at most 300 characters),
``language``, and ``variants`` by language and a ``topic`` where somebody wrote them. A finding that names a claim rests on its
file, and so on that file's label: without one it stays at home.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from foedus.areas.information.meaning import embed, stance
from foedus.areas.information.meaning.claims import MAX_CHARACTERS, Claim, claim, match
from foedus.areas.information.meaning.embed import Encoder
from foedus.areas.information.together import Text
from foedus.errors import MalformedRecord, UnsupportedFormat
from foedus.model.room import Layers

FOLDER = "information/claims/"
ABSENT = "claims and translations by meaning (the extra language is not installed): anchors alone were compared"


class Written(NamedTuple):
    """A claim, the layer file it stands in, and the topic of the lines to take that it works against."""

    claim: Claim
    layer: str
    topic: str = ""


def written(layers: Layers) -> list[Written]:
    """Return the claims of the node's layer files.

    Raises:
        MalformedRecord: a file that is not understood; ``where`` is its name.
    """
    files = layers.files(FOLDER)
    return [one for name, raw in sorted(files.items()) if name.endswith(".toml") for one in _read(name, raw)]


def carried(claims: Sequence[Written], texts: Sequence[Text], encoder: Encoder | None) -> list[Written]:
    """Return the claims that one of some texts asserts or reports; who contests one does not carry it."""
    said = [one for one in map(_as_claim, texts) if one is not None]
    return [
        one
        for one in claims
        if any(
            found.kind == "same-claim" and stance.supports(found.stance) for found in match(one.claim, said, encoder)
        )
    ]


def encoder_or_none() -> Encoder | None:
    """Return the encoder of the extra ``language``; None where it, or the version asked for, is not installed.

    Raises:
        TrustError: its weights are not the pinned ones.
    """
    try:
        return embed.load() if embed.installed() else None
    except UnsupportedFormat:
        return None


def _read(name: str, raw: bytes) -> list[Written]:
    try:
        held: Any = tomllib.loads(raw.decode()).get("claim", [])
        return [Written(_claim(one), name, str(one.get("topic", ""))) for one in held]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, TypeError, KeyError, AttributeError) as error:
        raise MalformedRecord(
            "a file of claims that is not understood", code="claims-malformed", where=name,
            hint="write tables [[claim]] with text and language",
        ) from error  # fmt: skip
    except MalformedRecord as error:
        raise MalformedRecord(error.message, code=error.code, where=name, hint=error.hint) from error


def _claim(held: Mapping[str, Any]) -> Claim:
    return claim(held["text"], held["language"], held.get("variants"))


def _as_claim(text: Text) -> Claim | None:
    """The opening of a text, to be compared with claims; None where it cannot be one."""
    try:
        return claim(embed.opening(text.text)[:MAX_CHARACTERS], text.language)
    except MalformedRecord:
        return None
