"""The vault: sealed, bound to what is said of it, and gone to the microsecond."""

from __future__ import annotations

import io

import pytest

from foedus.errors import StoreError
from foedus.store import vault
from foedus.store.engine import Store
from foedus.store.vault import SEGMENT, Box, Capture, Item

RAW = b"raw handle alice_planted" * 40_000
KEY = bytes(range(32))
US = Item(0, "capture", "information", "file:1", "ab" * 32, 1_000, 2_000)


class Counter:
    """Entropy that never repeats itself and is the same in each test."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, size: int, /) -> bytes:
        self.number += 1
        return self.number.to_bytes(size, "big")


@pytest.fixture
def box():
    return Box(KEY, Counter())


@pytest.fixture
def at(tmp_path):
    """A store at an instant."""
    opened = []

    def open_(us: int) -> Store:
        opened.append(Store.open(tmp_path, lambda: us))
        return opened[-1]

    yield open_
    for one in opened:
        one.close()


def kept(store: Store, box: Box, directory, raw: bytes = RAW, item: Item = US) -> Capture:
    capture = Capture(directory, Counter())
    capture.write(io.BytesIO(raw))
    with store.write() as tx:
        vault.keep_capture(tx, box, capture, item)
    return capture


def read(store: Store, box: Box, directory) -> bytes:
    with store.read() as reading:
        return b"".join(vault.capture(reading, box, directory, "file:1")[1])


@pytest.mark.parametrize("size", [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT])
def test_what_was_sealed_is_read_again_whole(at, box, tmp_path, size):
    store = at(1_500)
    raw = (RAW * 2)[:size]
    kept(store, box, tmp_path, raw)
    assert read(store, box, tmp_path) == raw


def test_the_file_says_nothing_and_only_its_owner_reads_it(at, box, tmp_path):
    capture = kept(at(1_500), box, tmp_path)
    assert b"alice_planted" not in capture.path.read_bytes()
    assert capture.path.stat().st_mode & 0o777 == 0o600


def test_it_is_there_to_the_last_microsecond_and_not_at_its_end(at, box, tmp_path):
    kept(at(1_000), box, tmp_path)
    assert read(at(1_999), box, tmp_path) == RAW
    with pytest.raises(StoreError) as caught:
        read(at(2_000), box, tmp_path)
    assert caught.value.code == "vault-empty"


def test_what_is_over_is_deleted_with_its_file_and_the_rest_stays(at, box, tmp_path):
    gone = kept(at(1_000), box, tmp_path)
    with at(2_000).write() as tx:
        vault.keep_refused(tx, box, [(US._replace(kind="refused", name="7", until_us=2_001), b"part")])
    with at(2_000).write() as tx:
        assert vault.due(tx) == [US.area]
        assert vault.expire(tx, tmp_path, ["elsewhere"]) == []
        assert [one.kind for one in vault.expire(tx, tmp_path, [US.area])] == ["capture"]
    assert not gone.path.exists()
    with at(2_000).read() as reading:
        assert vault.refused(reading, box, 7) == b"part"
        assert not vault.due(reading)


def damaged(path, place: int) -> None:
    raw = bytearray(path.read_bytes())
    raw[place] ^= 1
    path.write_bytes(raw)


@pytest.mark.parametrize("harm", [
    lambda path: damaged(path, 0),
    lambda path: damaged(path, -1),
    lambda path: path.write_bytes(path.read_bytes()[: SEGMENT + 16]),
    lambda path: path.write_bytes(path.read_bytes()[SEGMENT + 16 :]),
    lambda path: path.unlink(),
])  # fmt: skip
def test_a_changed_cut_or_lost_file_is_refused(at, box, tmp_path, harm):
    store = at(1_500)
    harm(kept(store, box, tmp_path).path)
    with pytest.raises(StoreError) as caught:
        read(store, box, tmp_path)
    assert caught.value.code == "vault-unreadable"


def test_another_key_opens_nothing(at, box, tmp_path):
    store = at(1_500)
    kept(store, box, tmp_path)
    with pytest.raises(StoreError, match="cannot be read"):
        read(store, Box(bytes(32), Counter()), tmp_path)


def test_a_later_end_or_another_source_breaks_the_seal(at, box, tmp_path):
    store = at(1_500)
    kept(store, box, tmp_path)
    with store.write() as tx:
        tx.connection.exec_driver_sql("UPDATE vault SET until_us = 9999")
    with pytest.raises(StoreError, match="cannot be read"):
        read(store, box, tmp_path)


def test_refused_parts_are_forgotten_by_number(at, box):
    store = at(1_500)
    parts = [(US._replace(kind="refused", name=str(number)), b"part %d" % number) for number in (1, 2)]
    with store.write() as tx:
        vault.keep_refused(tx, box, parts)
        vault.forget_refused(tx, [1])
    with store.read() as reading:
        assert [vault.refused(reading, box, number) for number in (1, 2)] == [None, b"part 2"]


def test_a_vault_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / vault.FOLDER).write_bytes(b"a file in its place")
    capture = Capture(tmp_path, Counter())
    with pytest.raises(StoreError) as caught:
        capture.write(io.BytesIO(RAW))
    assert caught.value.code == "vault-unwritten"
