"""Messages of every type by pyais: all fields of a message, and what it raises on bits that lie.

Its tables say where fields stand; reading them here spares an object a message. Every class it chooses is learned from it.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from pyais.bit_vector import int_bit_vector
from pyais.exceptions import AISBaseException
from pyais.messages import BOOL, BYTES, ENUM_FIELDS, FLOAT, INT, MSG_CLASS, STR, Payload

from foedus.areas.maritime.bits import SIX
from foedus.areas.maritime.layouts import MAX_BITS, MIN_BITS

# What pyais raises on bits that lie: it is somebody else's decoder, and no input may stop the stream.
_BROKEN = (AISBaseException, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RuntimeError)
# By which bits pyais chooses the class of a message, besides its length: past the last of them, their mask.
_CHOICE: dict[int, tuple[tuple[int, int], ...]] = {
    6: ((56, 0xFFFF), (88, 0xFFFF)), 8: ((57, 0x1FFFF),), 22: ((140, 1),), 24: ((40, 3),), 25: ((40, 3),), 26: ((40, 3),),
}  # fmt: skip
_MAX_LEARNED = 4_096

_JSON = msgspec.json.Encoder()
_64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_LETTERS = bytes(value + 64 if value < 32 else value for value in range(64))
_TO_64 = bytes(_64[value] if (value := int(SIX[code])) < 64 else _64[0] for code in range(256))
_FROM_64 = bytes.maketrans(_64, _LETTERS)


class Read(NamedTuple):
    """A message: its type, fields as pyais names them."""

    msg_type: int
    fields: dict[str, Any]


class Unread(NamedTuple):
    """Why a message is refused."""

    code: str
    message: str


class _Step(NamedTuple):
    """One field: its name, how far from the end it is, the mask of its bits, what to make of them."""

    name: str
    shift: int
    mask: int
    then: Callable[[int], Any] | None


class _Way(NamedTuple):
    """All fields of a class and length: every name, those that are plain numbers with their bits, and the others."""

    fields: dict[str, Any]
    plain: list[str]
    bits: list[tuple[int, int]]
    others: list[tuple[str, int, int, Callable[[int], Any]]]


_WAYS: dict[tuple[int, ...], _Way] = {}


def checked(kind: int, length: int) -> Unread | None:
    """Return why a message of some bits cannot be of its type, None where it can."""
    if kind not in MIN_BITS:
        return Unread("type-unknown", f"AIS has no message type {kind}")
    if not MIN_BITS[kind] <= length <= MAX_BITS:
        return Unread("length-impossible", f"{length} bits; a message of type {kind} has {MIN_BITS[kind]} or more")
    return None


def decode(kind: int, payload: bytes, fill: int) -> Read | Unread:
    """Return the fields of a payload whose length is right for its type."""
    try:
        value, length = _bits(payload, fill), len(payload) * 6 - fill
        key: tuple[int, ...] = (kind, length)
        for end, mask in _CHOICE.get(kind, ()):
            key += (value >> max(length - end, 0) & mask,)
        way = _WAYS.get(key)
        if way is not None:
            return Read(kind, _along(way, value))
        message = MSG_CLASS[kind].from_vector(int_bit_vector(payload, fill))
        if len(_WAYS) < _MAX_LEARNED and set(message.__slots__) <= set(message.field_dict()):
            _WAYS[key] = _way(type(message), length)
        return Read(kind, message.asdict(enum_as_int=True))
    except _BROKEN as error:
        return Unread("message-unreadable", f"a message of type {kind} that cannot be read: {type(error).__name__}")


def text(payload: bytes, fill: int, place: tuple[int, int]) -> str:
    """Return one text of a payload, as far as it goes."""
    value, length = _bits(payload, fill), len(payload) * 6 - fill
    _, shift, mask, then = _text("", length, *place)
    return str(then(value >> shift & mask)) if then else ""


def _bits(payload: bytes, fill: int) -> int:
    """A payload as one integer: six bits a character are what base 64 has, under other letters."""
    some = -len(payload) % 4
    packed = a2b_base64(payload.translate(_TO_64) + b"AAA"[:some])
    return int.from_bytes(packed, "big") >> (6 * some + fill)


def _along(way: _Way, value: int) -> dict[str, Any]:
    made = way.fields.copy()
    made.update(zip(way.plain, [value >> shift & mask for shift, mask in way.bits], strict=True))
    for name, shift, mask, then in way.others:
        made[name] = then(value >> shift & mask)
    return made


def _way(chosen: type[Payload], length: int) -> _Way:
    """How to read the messages of a class and length."""
    every: dict[str, Any] = chosen.field_dict()
    spare = {name for name, one in every.items() if one.metadata.get("is_spare")}
    plan: dict[str, Any] = {one[0]: one for one in chosen.decoder_plan() if one[0] not in spare}
    slots: tuple[str, ...] = chosen.__slots__
    names: list[str] = [name for name in slots if name in plan]
    steps = [_step(plan[name], length) for name in names if plan[name][1] < length]
    plain = [step for step in steps if step.then is None]
    return _Way(
        dict.fromkeys(names),
        [step.name for step in plain],
        [(step.shift, step.mask) for step in plain],
        [(step.name, step.shift, step.mask, step.then) for step in steps if step.then is not None],
    )


def _step(planned: tuple[Any, ...], length: int) -> _Step:
    name, offset, width, is_signed, kind, converter = planned
    there = min(width, length - offset)
    step = _Step(name, length - offset - there, (1 << there) - 1, None)
    if kind == STR:
        step = _text(name, length, offset, width)
    elif kind == BYTES:
        size = (there + 7) // 8
        step = step._replace(then=lambda number: (number << (size * 8 - there)).to_bytes(size, "big"))
    elif is_signed:
        step = step._replace(then=_after(lambda number: number - ((number >> (there - 1)) << there), _PLAIN[kind]))
    else:
        step = step._replace(then=_PLAIN[kind])
    then = _after(step.then, converter)
    return step._replace(then=_after(then, _whole) if name in ENUM_FIELDS else then)


_PLAIN: dict[int, Callable[[int], Any] | None] = {INT: None, FLOAT: float, BOOL: bool}


def _after(first: Callable[[int], Any] | None, then: Callable[[Any], Any] | None) -> Callable[[Any], Any] | None:
    if first is None or then is None:
        return first or then
    return lambda number: then(first(number))


def _whole(value: Any) -> int | None:
    """Enumerations become integers."""
    return None if value is None else int(value)


@lru_cache(maxsize=4_096)
def _text(name: str, length: int, offset: int, width: int) -> _Step:
    """A text; where the message ends within a character, that one counts by the bits that are there."""
    there = min((width + 5) // 6 * 6, length - offset)
    chars, over = divmod(there, 6)
    some = -chars % 4
    size = (chars + some) * 6 // 8

    def read(number: int) -> str:
        whole = b2a_base64((number >> over << 6 * some).to_bytes(size, "big")).translate(_FROM_64)[:chars]
        if over:
            whole += _LETTERS[number & (1 << over) - 1 :][:1]
        return whole.decode("ascii").rstrip("@").strip()

    return _Step(name, length - offset - there, (1 << there) - 1, read)


def json(read: Read) -> str:
    """Return all fields as JSON."""
    return _JSON.encode(read.fields).decode()
