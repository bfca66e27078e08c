"""Listening: whole lines only, lines of a bounded length, away when nothing comes."""

from __future__ import annotations

import pytest

from foedus.node import listen
from foedus.node.kept_stream import KeptStream
from foedus.node.listen import Listener
from foedus.node.sources import LiveSource
from foedus.store.live import Outage

SECOND = 1_000_000


class Hand:
    """Microseconds, moved by hand."""

    now_us = 1_000 * SECOND

    def __call__(self) -> int:
        return self.now_us


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def listener(tmp_path, hand) -> Listener:
    source = LiveSource("bay", "maritime", "tcp://127.0.0.1:9")
    return Listener(source, KeptStream(tmp_path), lambda lines, _at_ms: lines, hand, 400 * SECOND)


def kept(listener: Listener) -> bytes:
    return listener._stream.read(0, 10**9)


def test_lines_are_kept_when_they_are_whole(listener):
    for part in (b"one\ntw", b"o", b"\nthree"):
        listener._take(part)
    assert kept(listener) == b"one\ntwo\n"
    listener._cut()
    assert kept(listener) == b"one\ntwo\nthree\n"
    assert listener.health.lines == 3


@pytest.mark.parametrize("size", [70_000, 256 * 1024])
def test_of_a_line_without_end_its_beginning_is_kept(listener, size):
    for _ in range(10):
        listener._take(b"x" * size)
    listener._take(b"yz\ngood\n")
    assert kept(listener) == b"x" * 65_536 + b"\ngood\n"
    assert listener.health.dropped_bytes == 10 * size - 65_536 + 3


def test_an_outage_lasts_from_what_came_last_to_what_comes_next(listener, hand):
    assert listener.going_on() == Outage(400 * SECOND, hand.now_us, "stopped")
    listener._take(b"one\n")
    assert listener.ended() == [Outage(400 * SECOND, 1_000 * SECOND, "stopped")]
    assert listener.going_on() is None
    hand.now_us += 299 * SECOND
    assert listener.going_on() is None
    hand.now_us += 2 * SECOND
    assert listener.going_on() == Outage(1_000 * SECOND, hand.now_us, "quiet")
    assert listener.health.state == "quiet"
    listener._take(b"two\n")
    assert [one.cause for one in listener.ended()] == ["quiet"]
    listener._cut()
    assert listener.going_on() == Outage(hand.now_us, hand.now_us, "lost")


def test_the_rate_is_that_of_the_last_minute(listener, hand):
    for _ in range(120):
        listener._take(b"line\n" * 60)
        hand.now_us += SECOND
    listener.going_on()
    assert listener.health.rate == pytest.approx(60, abs=2)


def test_a_full_disk_is_said_and_it_goes_on(listener, monkeypatch):
    def full(file: int, raw: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("foedus.node.kept_stream.os.write", full)
        patched.setattr(listen, "_opened", lambda _address: _Once([b"lost\n"]))
        patched.setattr(listener._stopping, "wait", lambda _s: listener._stopping.set())
        listener.run()
    assert listener.health.error == "stream-unusable"
    listener._take(b"kept\n")
    assert kept(listener) == b"kept\n"


class _Once:
    """A connection that gives some pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = iter(pieces)

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def settimeout(self, _s: float) -> None:
        pass

    def recv(self, _size: int) -> bytes:
        return next(self.pieces, b"")
