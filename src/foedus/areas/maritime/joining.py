"""Whole messages of a block: single plain sentences, parts that came in order, and what ``nmea`` made of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from foedus.areas.maritime.bits import Payloads
from foedus.areas.maritime.fast import PAD, Bytes, Ints, Sentences
from foedus.areas.maritime.nmea import OPEN_MS, Message
from foedus.areas.maritime.positions import Came
from foedus.areas.maritime.record import TIME_FROM
from foedus.areas.maritime.tags import Tagged

_TAG = TIME_FROM.index("tag")


class Piece(NamedTuple):
    """Messages of one sort: the bytes their payloads stand in, where, how many characters and fill bits, how they came."""

    buffer: Bytes
    at: Ints
    size: Ints
    fill: Ints | Bytes
    came: Came


class Pairs(NamedTuple):
    """What became of the parts of messages in two parts, as places among the sentences.

    Attributes:
        first: part 1 of each whole message.
        second: part 2 of each.
        late: whichever came last.
        lost: parts that stay alone, because the same part came again or the other not in time.
        left: parts of which nothing is known yet.
    """

    first: Ints
    second: Ints
    late: Ints
    lost: Ints
    left: Ints


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
    channel = sentences.channel.astype(np.int64)
    return Came(sentences.line + line, sentences.mark + offset, received, time_from, none, channel, station)


def paired(sentences: Sentences, came: Came, now: Ints, keys: tuple[Ints, Ints]) -> Pairs:
    """Join messages in two parts as ``nmea.Assembler`` does: whatever other part follows under a key makes it whole.

    Args:
        sentences: of one block, with several parts each.
        came: how they came.
        now: the latest instant heard up to each, -1 unknown.
        keys: talker, sequence number and channel of each; the groups under which something else is known, whose parts are left.
    """
    key, known = (came.station + 1) << 32 | keys[0], keys[1]
    able = (sentences.parts == 2) & ~np.isin(key, known)
    held = np.flatnonzero(able)
    key = key[held]
    order = np.argsort(key, kind="stable")
    held, key = held[order], key[order]
    part, begun, now = sentences.part[held], came.received_ms[held], now[held]
    same = np.append(False, key[1:] == key[:-1])
    follows = same & np.append(False, part[1:] != part[:-1])
    follows[1:] &= (begun[:-1] < 0) | (now[1:] - begun[:-1] <= OPEN_MS)
    place = np.arange(len(held))
    rank = place - np.maximum.accumulate(np.where(follows, 0, place))
    late = np.flatnonzero(rank % 2 == 1)
    alone = np.ones(len(held), bool)
    alone[late] = alone[late - 1] = False
    last = ~np.append(same[1:], False)
    turned = part[late] == 1
    first, second = np.where(turned, held[late], held[late - 1]), np.where(turned, held[late - 1], held[late])
    left = np.sort(np.concatenate((np.flatnonzero(~able), held[alone & last])))
    return Pairs(first, second, held[late], held[alone & ~last], left)


def known_keys(known: Iterable[tuple[object, ...]], stations: Sequence[str]) -> Ints:
    """Return groups of parts as the integers that ``paired`` knows them by; those of other stations are left out."""
    codes = {"": 0} | {name: code + 1 for code, name in enumerate(stations)}
    made = []
    for one in known:
        match one:
            case str(station), bytes(talker), int(_), bytes(sequence), str(channel) if station in codes:
                said = int.from_bytes(talker, "little") << 16 | ord(sequence or b"\0") << 8 | ord(channel or "\0")
                made.append(codes[station] << 32 | said)
    return np.array(made, np.int64)


def joined(buffer: Bytes, sentences: Sentences, came: Came, pairs: Pairs) -> Piece:
    """Return messages of two parts: as the first of them with a time came, at the place of the one that came last."""
    part = np.stack((pairs.first, pairs.second), axis=1).ravel()
    at, size = sentences.at[part], sentences.size[part]
    end = np.cumsum(size)
    start = end - size
    places = np.repeat(at - start, size) + np.arange(int(end[-1]))
    timed = np.where(came.received_ms[pairs.first] < 0, pairs.second, pairs.first)
    how = came.take(timed)._replace(line=came.line[pairs.late], pos=came.pos[pairs.late])
    return Piece(buffer[places], start[::2], end[1::2] - start[::2], sentences.fill[pairs.second], how)


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
