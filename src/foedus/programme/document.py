"""Read and check a programme document: strict text, structure, rules. Every finding is returned, never only the first."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from foedus.errors import InvalidProgramme
from foedus.model import canonical
from foedus.model.programme import Programme
from foedus.programme import structure
from foedus.programme.remark import Place, Remark
from foedus.programme.rules import RULES
from foedus.programme.rules.rooms import RoomFacts, served
from foedus.programme.yaml12 import load

__all__ = ["Document", "RoomFacts", "check", "digest", "read", "read_valid", "schema"]

MAX_OF_A_RULE = 200
"""So many findings of one rule are reported; the rest comes when these are mended."""

schema = structure.schema


@dataclass(frozen=True)
class Document:
    """A programme as it was written: its bytes, its JSON value, and the place of every pointer.

    ``remarks`` are the mistakes of text and structure; the rules are asked by ``check``. ``draft`` is the typed form
    with broken parts emptied, for the checker only: everybody else takes ``programme``.
    """

    name: str
    raw: bytes
    value: Any
    positions: Mapping[str, Place]
    draft: Programme
    remarks: tuple[Remark, ...]

    @property
    def programme(self) -> Programme:
        """The typed programme.

        Raises:
            InvalidProgramme: its text or structure has mistakes; ``findings`` holds them.
        """
        self.require_sound()
        return self.draft

    def require_sound(self) -> None:
        """Refuse a document with mistakes in text or structure.

        Raises:
            InvalidProgramme: it has some; ``findings`` holds them.
        """
        if self.remarks:
            raise _invalid(self.remarks)


def read(raw: bytes, *, name: str = "") -> Document:
    """Read a programme document, strict YAML 1.2 or JSON.

    What can be read on after a mistake is; the mistakes stand in ``remarks`` and ``programme`` refuses to be used.

    Args:
        raw: the document's bytes.
        name: the file's name, for places in findings.

    Raises:
        InvalidProgramme: nothing can be read at all (syntax, encoding, a limit).
    """
    loaded = load(raw, name)
    draft, mistakes = structure.convert(loaded.value)
    placed = tuple(_place(remark, loaded.places, name) for remark in mistakes)
    return Document(name, raw, loaded.value, loaded.places, draft, (*loaded.remarks, *placed))


def check(
    document: Document,
    rooms: Mapping[str, RoomFacts] | None = None,
    texts: Mapping[str, bytes] | None = None,
) -> tuple[Remark, ...]:
    """Return every finding about a document, in the order of its lines; errors make it invalid, warnings do not.

    Args:
        document: what ``read`` returned, however broken.
        rooms: what the installed rooms make, by name; None leaves out the rules about rooms.
        texts: bytes of authentic texts by uri, to compare with their hashes.
    """
    if not isinstance(document.value, dict) or any(remark.code == "P002" for remark in document.remarks):
        return document.remarks
    programme = document.draft
    # A hostile document must not make the checker write endless lists; nobody reads more than this of one rule.
    found = [remark for rule in RULES for remark in islice(rule(programme), MAX_OF_A_RULE)]
    if rooms is not None:
        found += islice(served(programme, rooms), MAX_OF_A_RULE)
    if texts is not None:
        found += _drifted(programme, texts)
    # A rule that stumbles over a broken part would say the same thing twice.
    broken = {remark.pointer for remark in document.remarks if remark.pointer}
    rest = [_place(r, document.positions, document.name) for r in found if broken.isdisjoint(_prefixes(r.pointer))]
    return tuple(sorted({*document.remarks, *rest}, key=lambda r: (r.line, r.column, r.code, r.pointer, r.message)))


def read_valid(raw: bytes, *, name: str = "", rooms: Mapping[str, RoomFacts] | None = None) -> Document:
    """Read a document and refuse it unless it has no error.

    Raises:
        InvalidProgramme: ``findings`` holds every finding, warnings too.
    """
    document = read(raw, name=name)
    remarks = check(document, rooms)
    if any(remark.severity == "error" for remark in remarks):
        raise _invalid(remarks)
    return document


def digest(document: Document) -> str:
    """Return the SHA-256 (hex) of the document's RFC 8785 form without ``signatures``.

    It is the same for YAML and JSON, any order of keys and any comments. It is taken from what is written, not from the
    typed form, so that anybody can recompute it without knowing the types' defaults.

    Raises:
        InvalidProgramme: the document has mistakes in text or structure.
    """
    document.require_sound()
    return canonical.digest({key: item for key, item in document.value.items() if key != "signatures"})


def _invalid(remarks: tuple[Remark, ...]) -> InvalidProgramme:
    errors = [remark for remark in remarks if remark.severity == "error"]
    more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
    first = errors[0]
    where = ":".join(str(part) for part in (first.file, first.line, first.column) if part)
    message = f"{first.code} at {first.pointer or '/'}: {first.message}{more}"
    return InvalidProgramme(message, remarks, where=where, hint=first.hint)


def _place(remark: Remark, places: Mapping[str, Place], name: str) -> Remark:
    if remark.line:
        return remark
    place = next((places[p] for p in reversed(_prefixes(remark.pointer)) if p in places), None)
    line, column = (place.line, place.column) if place else (1, 1)
    return msgspec.structs.replace(remark, file=name, line=line, column=column)


def _prefixes(pointer: str) -> list[str]:
    parts = pointer.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]


def _drifted(programme: Programme, texts: Mapping[str, bytes]) -> list[Remark]:
    return [
        Remark("P153", f"{text.uri} has changed", f"/authentic_text/{i}/sha256", "read the new text, then amend")
        for i, text in enumerate(programme.authentic_text)
        if text.sha256 and text.uri in texts and hashlib.sha256(texts[text.uri]).hexdigest() != text.sha256
    ]
