"""A kept stream: whole lines only, in files that go when they are not needed, read again from any place."""

from __future__ import annotations

import pytest

from foedus.errors import StoreError
from foedus.node import kept_stream
from foedus.node.kept_stream import KeptStream


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(kept_stream, "SEGMENT_BYTES", 10)


def filled(directory, count: int) -> KeptStream:
    stream = KeptStream(directory)
    for number in range(count):
        stream.append(b"line %03d\n" % number)
    return stream


def read(feed, size: int = 1_000) -> bytes:
    parts = []
    while feed.fill(size):
        while part := feed.read(7):
            parts.append(part)
        assert feed.read(7) is None
    return b"".join(parts)


def test_what_was_kept_is_read_again_over_files(tmp_path, small):
    stream = filled(tmp_path, 20)
    assert len(list(tmp_path.iterdir())) > 5
    assert read(stream.feed(0, int)) == b"".join(b"line %03d\n" % n for n in range(20))
    again = KeptStream(tmp_path)
    assert (again.offset, again.line) == (stream.offset, stream.line) == (180, 20)


def test_reading_again_begins_one_file_before_and_knows_its_line(tmp_path, small):
    feed = filled(tmp_path, 20).feed(100, int)
    assert feed.offset < 90
    assert read(feed).startswith(b"line %03d\n" % (feed.line - 1))


def test_half_a_line_left_by_a_power_cut_is_taken_off(tmp_path):
    filled(tmp_path, 3).close()
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes() + b"half")
    again = KeptStream(tmp_path)
    again.append(b"whole\n")
    assert read(again.feed(0, int)) == b"line 000\nline 001\nline 002\nwhole\n"


def test_files_go_when_all_of_them_was_concluded(tmp_path, small):
    stream = filled(tmp_path, 20)
    stream.forget(stream.offset)
    assert len(list(tmp_path.iterdir())) == 2
    assert stream.start > 0
    assert not stream.is_full


def test_a_stream_that_was_lost_goes_on_after_what_is_known_of_it(tmp_path):
    stream = KeptStream(tmp_path, (500, 7))
    stream.append(b"more\n")
    feed = stream.feed(500, int)
    assert (feed.offset, feed.line, read(feed)) == (500, 8, b"more\n")


def test_a_full_disk_leaves_whole_lines_and_an_error_that_says_so(tmp_path, monkeypatch):
    stream = filled(tmp_path, 1)

    def full(file: int, raw: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(kept_stream.os, "write", full)
        with pytest.raises(StoreError, match="cannot be kept"):
            stream.append(b"lost\n")
    stream.append(b"kept\n")
    assert read(stream.feed(0, int)) == b"line 000\nkept\n"
