"""What rooms call things, in the languages of people: names of rooms and kinds, from their own cards."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import msgspec

from foedus.areas import facts, rooms, symbols
from foedus.model.room import Say, as_written
from foedus.node.home import Node


class RoomWords(msgspec.Struct, frozen=True):
    """A room's kinds and filters, the symbols of kinds (SVG), and its words by language."""

    kinds: tuple[str, ...]
    filters: tuple[str, ...]
    symbols: Mapping[str, bytes]
    words: Mapping[str, Mapping[str, str]]
    phrases: Mapping[str, Mapping[str, str]]

    def say(self, language: str) -> Say:
        """Return what says the texts of the room's pictures in a language."""
        table = self.phrases.get(language, {})
        return lambda text, /, **values: as_written(table.get(text, text), **values)

    def said(self, key: str, language: str) -> str:
        """Return a word of the room, or the key where it has none."""
        return self.words.get(language, {}).get(key, key)


def room_words(node: Node) -> Mapping[str, RoomWords]:
    """Return the words of every room of a node."""
    return {name: _words(name) for name in sorted(node.rooms)}


@cache
def _words(name: str) -> RoomWords:
    room = rooms()[name]
    said = facts(room)
    return RoomWords(
        said.kinds, said.filters, symbols(room), {"en": said.strings.en, "ja": said.strings.ja}, said.phrases
    )
