"""Whole messages of a block: single plain sentences, parts that came in order, and what ``nmea`` made of the rest."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from foedus.areas.maritime.bits import Payloads
from foedus.areas.maritime.fast import PAD, Bools, Bytes, Ints, Sentences
from foedus.areas.maritime.nmea import OPEN_MS, Key, Message
from foedus.areas.maritime.positions import Came
from foedus.areas.maritime.record import TIME_FROM
from foedus.areas.maritime.tags import Tagged

_TAG = TIME_FROM.index("tag")


class Piece(NamedTuple):
    """Messages of one sort: the bytes their payloads stand in, where, how many characters and fill bits, how they came."""

    buffer: Bytes
    at: Ints
    size: Ints
    fill: Ints
    came: Came


class Neat(NamedTuple):
    """Parts of messages that came whole, one message behind the other: each part, and which of them begin and end one."""

    part: Ints
    first: Ints
    last: Ints


def together(pieces: Sequence[Piece]) -> tuple[Payloads, Came]:
    """Return the messages of several sorts as one; the first sort's bytes have a block's padding."""
    if len(pieces) == 1:
        return Payloads(*pieces[0][:4]), pieces[0].came
    begin = np.cumsum([0, *(len(one.buffer) for one in pieces)])
    buffer = np.concatenate([*(one.buffer for one in pieces), np.zeros(PAD, np.uint8)])
    at = np.concatenate([one.at + before for one, before in zip(pieces, begin[:-1], strict=True)])
    size, fill = (np.concatenate([one[place] for one in pieces]) for place in (2, 3))
    came = Came(*(np.concatenate(columns) for columns in zip(*(one.came for one in pieces), strict=True)))
    return Payloads(buffer, at, size, fill), came


def plain(buffer: Bytes, sentences: Sentences, came: Came) -> Piece:
    """Return messages that are one sentence each."""
    return Piece(buffer, sentences.at, sentences.size, sentences.fill, came)


def came_by(sentences: Sentences, tagged: Tagged, line: int, offset: int) -> Came:
    """Return how sentences came, given the number of the block's first line and where it begins."""
    received = tagged.received[sentences.line]
    none = np.zeros(len(received), np.int64)
    time_from = np.where(received >= 0, _TAG, 0)
    station = tagged.station[sentences.line]
    return Came(sentences.line + line, sentences.mark + offset, received, time_from, none, sentences.channel, station)


def neat(sentences: Sentences, came: Came, closed: Bools) -> Neat:
    """Return messages whose parts are all here and in order, with nothing else under their key before them.

    Args:
        sentences: of one block, with several parts each.
        came: how they came.
        closed: which may not be joined here, because something else is known under their key.
    """
    key = (came.station + 1) << 44 | sentences.parts << 40 | sentences.key
    order = np.argsort(key, kind="stable")
    held, parts, part = key[order], sentences.parts[order], sentences.part[order]
    begins = np.flatnonzero(np.append(True, held[1:] != held[:-1]))
    size = np.diff(np.append(begins, len(held)))
    rank = np.arange(len(held)) - np.repeat(begins, size)
    first = order[np.arange(len(held)) - rank % parts]
    good = (part == rank % parts + 1) & ~closed[order] & _in_time(came.received_ms[order], came.received_ms[first])
    # up to the first of a key that is not as it should be, and no message in halves
    until = np.minimum.reduceat(np.where(good, len(held), rank), begins)
    until = np.minimum(until, size) // parts[begins] * parts[begins]
    whole = rank < np.repeat(until, size)
    part, parts = part[whole], parts[whole]
    return Neat(order[whole], np.flatnonzero(part == 1), np.flatnonzero(part == parts))


def _in_time(received: Ints, begun: Ints) -> Bools:
    """Not more than 30 s after the first part; or nobody says when."""
    return (received < 0) & (begun < 0) | (received >= 0) & (begun >= 0) & (np.abs(received - begun) <= OPEN_MS)


def closed_to(sentences: Sentences, station: list[str], known: Collection[Key | tuple[object, ...]]) -> Bools:
    """Say which sentences' keys are among some."""
    if not known:
        return np.zeros(len(sentences.line), bool)
    parts, keys = sentences.parts.tolist(), sentences.key.tolist()
    return np.array([_key(*one) in known for one in zip(station, parts, keys, strict=True)], bool)


def _key(station: str, parts: int, key: int) -> Key:
    sequence, channel = (chr(code) if code else "" for code in (key >> 8 & 255, key & 255))
    return (station, (key >> 16).to_bytes(2, "little"), parts, sequence.encode(), channel)


def joined(buffer: Bytes, sentences: Sentences, came: Came, held: Neat) -> Piece:
    """Return messages of parts that came in order: as their first part came, at the place of their last."""
    at, size = sentences.at[held.part], sentences.size[held.part]
    end = np.cumsum(size)
    start = end - size
    places = np.repeat(at - start, size) + np.arange(int(end[-1]))
    begins = start[held.first]
    first, last = held.part[held.first], held.part[held.last]
    how = came.take(first)._replace(line=came.line[last], pos=came.pos[last])
    return Piece(buffer[places], begins, end[held.last] - begins, sentences.fill[last], how)


def spelled(messages: Sequence[Message], stations: list[str]) -> Piece:
    """Return messages that were read one by one; stations not met yet are added to the list."""
    sizes = [len(one.payload) for one in messages]
    at = np.cumsum([0, *sizes])[:-1].astype(np.int64)
    places = {name: place for place, name in enumerate(stations)}
    station = [places.setdefault(one.heard.station, len(places)) for one in messages]
    stations.extend(list(places)[len(stations) :])
    numbers = (
        [one.line for one in messages], [one.pos for one in messages], [one.heard.t_ms for one in messages],
        [TIME_FROM.index(one.heard.time_from) for one in messages], [one.heard.flags for one in messages],
        [ord(one.channel) if one.channel else 0 for one in messages], station,
    )  # fmt: skip
    came = Came(*(np.array(column, np.int64) for column in numbers))
    fill = np.array([one.fill for one in messages], np.int64)
    buffer = np.frombuffer(b"".join(one.payload for one in messages) + bytes(PAD), np.uint8)
    return Piece(buffer, at, np.array(sizes, np.int64), fill, came)
