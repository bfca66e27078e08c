"""Sentences of NMEA 0183 that carry AIS: tag blocks, suffixes, checksums of our own, messages in several parts.

Source: IEC 61162-1 (sentences), NMEA 0183 4.10 (tag blocks). A group of parts is known by its tag block's ``g`` id, else by
source, talker, number of parts, sequence number and channel; other sentences between its parts change nothing.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import reduce
from operator import xor
from typing import NamedTuple

from foedus.areas.maritime.fast import MAX_SENTENCE, TALKERS
from foedus.areas.maritime.record import BAD_TAG
from foedus.engine.refused import Refusal
from foedus.errors import FoedusError, InputError
from foedus.model import instant

OPEN_MS = 30_000
MAX_OPEN = 1_000
Key = tuple[str, bytes, int, bytes, str]
"""Station, talker, number of parts, sequence number and channel: what a group of parts without a tag block's is known by."""
PREFIXES = ("", "iso", "epoch")
_TAGGED = re.compile(rb"(?:\d+:)?\\([^\\]*)\\")
_BODY = re.compile(rb"!([^*!]*)\*([0-9A-Fa-f]{2})(.*)", re.DOTALL)
_NUMBER = re.compile(rb"\d{1,16}(\.\d{0,9})?")
# The seven fields; one maker adds the whole message's fill bits behind those of the part.
_FIELDS = re.compile(
    rb"([A-Z]{2})VD[MO],([1-9]),([1-9]),([0-9]?),([!-~]?),([0-W`-w]+),([0-5])(?:,[0-5])?",
)


class Heard(NamedTuple):
    """How a sentence came: receive time (-1 unknown) and what told it, station, flags."""

    t_ms: int = -1
    time_from: str = "none"
    station: str = ""
    flags: int = 0


_UNHEARD = (Heard(), "")


class Sentence(NamedTuple):
    """One sentence: how it came, its fields, the line it stood on and where that began."""

    heard: Heard
    talker: bytes
    parts: int
    part: int
    sequence: bytes
    channel: str
    payload: bytes
    fill: int
    group: str
    line: int
    pos: int

    @property
    def key(self) -> Key:
        """What its group of parts is known by where no tag block says it."""
        return (self.heard.station, self.talker, self.parts, self.sequence, self.channel)


class Message(NamedTuple):
    """A whole message: payload bits, how its first part came, the line and place of its last part."""

    heard: Heard
    channel: str
    payload: bytes
    fill: int
    line: int
    pos: int


class Place(NamedTuple):
    """Where a line is: its number and the offset of its first byte."""

    line: int
    pos: int


def parse(raw: bytes, place: Place, prefix: str = "") -> Sentence | Refusal | None:
    """Return the sentence of a line, why it is refused, or None where the line carries no AIS.

    Args:
        raw: the line, without its end.
        place: where it stands.
        prefix: ``iso`` or ``epoch`` where a logger wrote the time before each sentence; never guessed.

    >>> parse(b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A", Place(1, 0)).payload
    b'15RTgt0PAso;90TKcjM8h6g208CQ'
    """
    if b"VDM," not in raw and b"VDO," not in raw:
        return _without(raw, place)
    tagged = _TAGGED.match(raw)
    rest = raw[tagged.end() :] if tagged else raw
    before, mark, body = rest.partition(b"!")
    match = _BODY.fullmatch(mark + body)
    if match is None or len(rest) > MAX_SENTENCE:
        code = "line-too-long" if len(rest) > MAX_SENTENCE else "checksum-missing"
        return _refuse(place, code, "no sentence of the form !...*hh", raw)
    if _xor(match[1]) != int(match[2], 16):
        return _refuse(place, "checksum-wrong", f"the checksum should be {_xor(match[1]):02X}", raw)
    heard, group = _heard(tagged[1] if tagged else b"", match[3])
    if before.strip() and heard.t_ms < 0:
        said = _prefix_ms(before, prefix)
        if said is None:
            hint = 'say in the settings what stands before the sentences: prefix = "iso" or "epoch"'
            return _refuse(place, "prefix-unknown", "something stands before the sentence", raw, hint)
        heard = heard._replace(t_ms=said, time_from="prefix")
    at = place._replace(pos=place.pos + len(raw) - len(mark) - len(body))
    return _fields(match[1], heard, group, at) or _refuse(
        place, "sentence-malformed", "not the seven fields of an AIS sentence", raw
    )


def _fields(body: bytes, heard: Heard, group: str, place: Place) -> Sentence | None:
    match = _FIELDS.fullmatch(body)
    if match is None:
        return None
    talker, parts, part, sequence, channel, payload, fill = match.groups()
    count, number = int(parts), int(part)
    if talker not in TALKERS or not 1 <= number <= count:
        return None
    said = channel.decode("ascii")
    return Sentence(heard, talker, count, number, sequence, said, payload, int(fill), group, place.line, place.pos)


def _without(raw: bytes, place: Place) -> Refusal | None:
    """Other sentences, comments and empty lines carry no AIS; anything else is refused."""
    text = raw.strip()
    if not text or text[:1] in b"$#!\\" or _TAGGED.match(text) or b"$" in text[:64]:
        return None
    return _refuse(place, "line-unknown", "no sentence stands on this line", raw)


def _refuse(place: Place, code: str, message: str, raw: bytes, hint: str = "") -> Refusal:
    return Refusal(f"line {place.line}", code, message, hint, raw)


def _xor(raw: bytes) -> int:
    return reduce(xor, raw, 0)


def _heard(tag: bytes, behind: bytes) -> tuple[Heard, str]:
    """How a sentence came: a tag block's time before a suffix's; a tag block whose own checksum is wrong says nothing."""
    if not tag and not behind:
        return _UNHEARD
    said, flags = _tag(tag)
    t_ms, source = _epoch_ms(said.get(b"c", b"")), "tag"
    station = said.get(b"s", b"")
    if t_ms < 0:
        t_ms, from_suffix = _suffix(behind)
        source, station = "suffix", station or from_suffix
    heard = Heard(t_ms, source if t_ms >= 0 else "none", station.decode("ascii", "replace"), flags)
    return heard, said.get(b"g", b"").decode("ascii", "replace")


def _tag(tag: bytes) -> tuple[dict[bytes, bytes], int]:
    if not tag:
        return {}, 0
    body, star, checksum = tag.rpartition(b"*")
    try:
        right = bool(star) and len(checksum) == 2 and _xor(body) == int(checksum, 16)
    except ValueError:
        right = False
    if not right:
        return {}, BAD_TAG
    pairs = (part.partition(b":") for part in body.split(b","))
    return {key: value for key, _, value in pairs}, 0


def _epoch_ms(text: bytes) -> int:
    """Milliseconds of UNIX seconds, or of milliseconds where there are 13 digits or more; -1 where it is neither."""
    if not _NUMBER.fullmatch(text):
        return -1
    whole, _, fraction = text.partition(b".")
    if len(whole) >= 13:
        return int(whole)
    return int(whole) * 1_000 + int((fraction + b"000")[:3])


def _suffix(behind: bytes) -> tuple[int, bytes]:
    """Receive time and station of a USCG suffix: the time is the first integer after the station, ``r...``."""
    if not behind.startswith(b","):
        return -1, b""
    station = b""
    for token in behind[1:].split(b","):
        part = token.strip()
        if station and part.isdigit() and len(part) <= 16:
            return _epoch_ms(part), station
        if part[:1] == b"r" and len(part) > 1:
            station = part
    return -1, station


def _prefix_ms(before: bytes, prefix: str) -> int | None:
    text = before.strip(b" \t,;:[]")
    if prefix == "epoch":
        at = _epoch_ms(text)
        return at if at >= 0 else None
    if prefix == "iso":
        try:
            return instant.to_us(instant.parse(text.decode("ascii", "replace"))) // 1_000
        except (FoedusError, OverflowError):
            return None
    return None


class Assembler:
    """Joins the parts of messages; holds at most a thousand open groups, none longer than 30 s of stream time."""

    def __init__(self) -> None:
        self._open: OrderedDict[tuple[object, ...], dict[int, Sentence]] = OrderedDict()
        self._groups: OrderedDict[str, Heard] = OrderedDict()
        self._looked_ms = -1
        self.now_ms = -1
        """The latest instant heard."""

    def take(self, one: Sentence) -> Iterator[Message | Refusal]:
        """Take a sentence; yield the message it completes, and groups given up because of it."""
        one = self._dated(one)
        yield from self._expired()
        if one.parts == 1:
            yield Message(one.heard, one.channel, one.payload, one.fill, one.line, one.pos)
            return
        key = self._key(one)
        held = self._open.get(key)
        if held is not None and one.part in held:
            yield from self._give_up(key)
            held = None
        if held is None:
            held = self._open[key] = {}
            self._looked_ms = -2  # it may be older than what is open already
        held[one.part] = one
        if len(held) == one.parts:
            del self._open[key]
            yield _joined(held, one)
        elif len(self._open) > MAX_OPEN:
            yield from self._give_up(next(iter(self._open)))

    def passed(self, now_ms: int) -> None:
        """Say that an instant has been heard, -1 for none."""
        self.now_ms = max(self.now_ms, now_ms)

    @property
    def open_keys(self) -> frozenset[tuple[object, ...]]:
        """What the open groups are known by."""
        return frozenset(self._open)

    def end(self) -> Iterator[Refusal]:
        """Yield what never became whole."""
        for key in list(self._open):
            yield from self._give_up(key)

    def _key(self, one: Sentence) -> tuple[object, ...]:
        if one.group:
            return (one.group.rpartition("-")[2], one.heard.station)
        return one.key

    def _dated(self, one: Sentence) -> Sentence:
        """Give a sentence of a tag group the time and station that only the group's first line carries."""
        if one.group:
            id_ = one.group.rpartition("-")[2]
            first = self._groups.get(id_)
            if one.heard.t_ms >= 0:
                self._groups[id_] = one.heard
                self._groups.move_to_end(id_)
            elif first is not None:
                one = one._replace(heard=first._replace(flags=first.flags | one.heard.flags))
            while len(self._groups) > MAX_OPEN:
                self._groups.popitem(last=False)
        self.now_ms = max(self.now_ms, one.heard.t_ms)
        return one

    def _expired(self) -> Iterator[Refusal]:
        if self.now_ms == self._looked_ms:
            return
        self._looked_ms = self.now_ms
        begun = {key: next(iter(held.values())).heard.t_ms for key, held in self._open.items()}
        for key in [key for key, t_ms in begun.items() if 0 <= t_ms < self.now_ms - OPEN_MS]:
            yield from self._give_up(key)

    def _give_up(self, key: tuple[object, ...]) -> Iterator[Refusal]:
        yield from map(missing, self._open.pop(key).values())


def missing(one: Sentence) -> Refusal:
    """Return the refusal of a part that stays alone."""
    message = f"part {one.part} of {one.parts}; the others did not come in time"
    return Refusal(f"line {one.line}", "parts-missing", message, "", one.payload)


def _joined(held: dict[int, Sentence], last: Sentence) -> Message:
    ordered = [held[part] for part in sorted(held)]
    heard = next((one.heard for one in ordered if one.heard.t_ms >= 0), ordered[0].heard)
    payload = b"".join(one.payload for one in ordered)
    return Message(heard, ordered[0].channel, payload, ordered[-1].fill, last.line, last.pos)


def prefix_of(given: object) -> str:
    """Return the setting ``prefix``.

    Raises:
        InputError: a prefix nobody here reads.
    """
    if given not in PREFIXES:
        raise InputError("no such prefix", code="prefix-unknown", where="byte 0", hint='"iso" or "epoch"')
    return str(given)


def instant_ms(given: object) -> int:
    """Return an instant of the settings in milliseconds, -1 where it is not given.

    Raises:
        MalformedRecord: it is no instant.
    """
    if not given:
        return -1
    at = given if isinstance(given, datetime) else instant.parse(str(given))
    return instant.to_us(at if at.tzinfo else at.replace(tzinfo=UTC)) // 1_000
