from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import update
from tests.unit.store.sample import VIEW, arrival, put, show, stix

from foedus.errors import StoreError
from foedus.model.ports import NotAtOnce, ViewQuery
from foedus.store import findings, postgresql, sqlite
from foedus.store.engine import FILE, Store
from foedus.store.pages import Views
from foedus.store.state_tables import meta

WRITER = """
import sys
from pathlib import Path
from foedus.store.engine import Store
from tests.unit.store.sample import arrival, put, show, stix
store, first, count = Store.open(Path(sys.argv[1]), database=sys.argv[4]), int(sys.argv[2]), int(sys.argv[3])
print("open", flush=True)
for batch in range(first, first + count):
    show(store, [stix(batch * 50 + n) for n in range(50)])
    print(batch, flush=True)
"""


def writer(directory: Path, first: int, count: int, database: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(directory), str(first), str(count), database],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )


def test_killed_writer_leaves_whole_transactions_and_nothing_acknowledged_is_lost(tmp_path, database):
    for round_, pause_s in enumerate((0.0, 0.013, 0.05)):
        with writer(tmp_path, round_ * 1_000, 1_000, database) as running:
            running.stdout.readline()
            told = running.stdout.readline()
            time.sleep(pause_s)
            running.send_signal(signal.SIGKILL)
            told = ([told, *running.stdout.readlines()])[-1]
        with Store.open(tmp_path) as store:
            rows = Views(store).rows(VIEW, ViewQuery(limit=100_000), 1).rows
            with store.read() as read:
                held = findings.newest_seq(read)
        numbers = [int(row.object_id[-12:]) for row in rows if int(row.object_id[-12:]) >= round_ * 50_000]
        assert len(rows) == held
        assert held % 50 == 0
        assert numbers == list(range(round_ * 50_000, round_ * 50_000 + len(numbers)))
        assert len(numbers) >= (int(told) % 1_000 + 1) * 50
        added = [row.added_us for row in rows]
        assert added == sorted(set(added))


def test_two_processes_write_one_directory_and_nothing_is_lost(tmp_path, database):
    with writer(tmp_path, 0, 12, database) as first, writer(tmp_path, 100, 12, database) as second:
        assert (first.wait(60), second.wait(60)) == (0, 0)
        first.stdout.read(), second.stdout.read()
    with Store.open(tmp_path) as store:
        rows = Views(store).rows(VIEW, ViewQuery(limit=100_000), 1).rows
    assert {int(row.object_id[-12:]) for row in rows} == {*range(600), *range(5_000, 5_600)}
    assert len({row.added_us for row in rows}) == len(rows) == 1_200


def test_threads_write_one_after_the_other_and_read_meanwhile(store):
    def write(start: int) -> None:
        for number in range(start, start + 20):
            show(store, [stix(number)])

    threads = [threading.Thread(target=write, args=(start,)) for start in (100, 200, 300, 400)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        Views(store).page(VIEW, ViewQuery(limit=100), 1)
    assert len(Views(store).rows(VIEW, ViewQuery(limit=1_000), 1).rows) == 80


def test_a_read_sees_one_state(store):
    put(store, arrival(stix(1)))
    with store.read() as read:
        before = findings.newest_seq(read)
        put(store, arrival(stix(2)))
        assert findings.newest_seq(read) == before == 1


def test_a_write_inside_a_write_is_refused_instead_of_waiting_for_ever(store):
    with store.write(), pytest.raises(StoreError) as caught, store.write():
        pass
    assert caught.value.code == "write-nested"
    put(store, arrival(stix(1)))


@pytest.mark.engine("sqlite")
def test_durability_settings_hold_on_every_connection(store):
    with store.write() as tx, store.read() as read:
        for one in (tx, read):
            pragmas = [
                one.connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")
            ]
            assert pragmas == ["wal", 2]


def test_another_schema_is_refused_with_a_hint(tmp_path):
    with Store.open(tmp_path) as store, store.write() as tx:
        tx.connection.execute(update(meta).values(value="99"))
    with pytest.raises(StoreError) as caught:
        Store.open(tmp_path)
    assert (caught.value.code, bool(caught.value.hint)) == ("schema-version", True)


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("content", [b"no database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 8_000])
def test_a_damaged_file_is_refused_with_a_hint(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(StoreError) as caught:
        Store.open(tmp_path)
    assert (caught.value.code, caught.value.where) == ("store-damaged", str(tmp_path / FILE))
    assert caught.value.hint


@pytest.mark.engine("sqlite")
def test_damage_inside_is_an_error_with_a_place_not_wrong_data(tmp_path):
    with Store.open(tmp_path) as store:
        show(store, [stix(n, text="x" * 3_000) for n in range(1, 200)])
    path = tmp_path / FILE
    whole = path.read_bytes()
    path.write_bytes(whole[:16_384] + b"\xa5" * (len(whole) - 16_384))
    with pytest.raises(StoreError) as caught, Store.open(tmp_path) as store:
        Views(store).page(VIEW, ViewQuery(limit=1_000), 1)
    assert caught.value.code == "store-damaged"


@pytest.mark.engine("sqlite")
def test_a_missing_directory_is_refused_with_a_hint(tmp_path):
    with pytest.raises(StoreError) as caught:
        Store.open(tmp_path / "absent")
    assert caught.value.code == "store-unreachable"


@pytest.mark.engine("sqlite")
@pytest.mark.skipif(os.geteuid() != 0, reason="needs to give up rights")
def test_a_directory_without_rights_is_refused_with_a_hint(tmp_path):
    with Store.open(tmp_path) as store:
        put(store, arrival(stix(1)))
    reached = [
        path for path in (tmp_path, *tmp_path.parents) if path.stat().st_uid == 0 and path.stat().st_mode & 0o5 != 0o5
    ]
    modes = {path: path.stat().st_mode for path in reached}
    try:
        for path in reached:
            path.chmod(0o755)
        os.seteuid(65_534)
        with pytest.raises(StoreError) as caught:
            Store.open(tmp_path)
    finally:
        os.seteuid(0)
        for path, mode in modes.items():
            path.chmod(mode)
    assert caught.value.code in ("store-readonly", "store-unreachable")


@pytest.mark.engine("sqlite")
def test_a_full_disk_leaves_the_transaction_out_and_the_store_usable(store):
    put(store, arrival(stix(1)))
    with pytest.raises(StoreError) as caught, store.write() as tx:
        tx.connection.exec_driver_sql("PRAGMA max_page_count = 1")
        findings.keep_match(tx, 1, 1, 1.0, "x" * 1_000_000, 1)
    assert caught.value.code == "store-full"
    with store.write() as tx:
        tx.connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
        assert findings.matches_of(tx, 1) == []


def test_a_lock_that_stays_is_an_error_with_a_hint(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_S", 0.05)
    monkeypatch.setattr(postgresql, "BUSY_S", 0.05)
    with Store.open(tmp_path) as store, Store.open(tmp_path) as other:
        with other.write(), pytest.raises(StoreError) as caught:
            put(store, arrival(stix(1)))
        assert caught.value.code == "store-busy"
        assert put(store, arrival(stix(1)))[0].outcome == "new"


def test_changes_stay_while_nobody_commits_and_move_with_any_commit(tmp_path):
    with Store.open(tmp_path) as store:
        before = store.changes()
        with store.read():
            pass
        assert store.changes() == before is not None
        show(store, [stix(1)])
        mine = store.changes()
        with Store.open(tmp_path) as other:
            show(other, [stix(2)])
        assert len({before, mine, store.changes()}) == 3


def test_nothing_waits_for_the_database_at_once(tmp_path):
    with Store.open(tmp_path) as store:
        assert store.changes() is not None
        with store.at_once():
            assert store.changes() is not None
            with pytest.raises(NotAtOnce), store.read():
                pass
            with pytest.raises(NotAtOnce), store.write():
                pass
            elsewhere: list[bool] = []
            thread = threading.Thread(target=lambda: elsewhere.append(reads(store)))
            thread.start()
            thread.join()
        assert elsewhere == [True]
        assert reads(store)


def reads(store: Store) -> bool:
    with store.read() as read:
        return findings.find(read, findings.FindingQuery()) == []
