"""Survey: a room's methods over all records on disk, in this process or by Spark; it stores nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from foedus.areas import plan
from foedus.engine import spark
from foedus.engine.kernels import Here, Source
from foedus.errors import InputError
from foedus.node.home import Node
from foedus.node.ingest import RECORDS, settings_of
from foedus.store import records

Engine = Literal["here", "spark"]
ENGINES: tuple[Engine, ...] = get_args(Engine)


class Survey(msgspec.Struct, frozen=True):
    """What was found: how many sources there are, how many events of each kind."""

    area: str
    engine: str
    sources: int
    events: dict[str, int]


def survey(
    node: Node,
    area: str,
    engine: Engine,
    master: str = "",
    out: Path | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Survey:
    """Find the events in all records of a room, by the thresholds that analyse would take.

    Args:
        node: the node.
        area: a room, or a programme's area that one serves.
        engine: ``here`` (this process) or ``spark``.
        master: where Spark runs.
        out: file for the events, a JSON line each; a new one.
        settings: the room's settings that a person set, beside those of the node.

    Raises:
        InputError: the room has no plan; Spark is not there; the file is there already.
    """
    room = node.room(area)
    door = plan(room)
    if door is None:
        hint = f"foedus analyse {room.name}"
        raise InputError(f"{room.name} surveys nothing by kernels", code="survey-none", hint=hint)
    if out is not None and out.exists():
        raise InputError("the file exists", code="file-exists", where=str(out), hint="name a new one")
    held = records.by_source(node.directory / RECORDS, room.name)
    sources = [Source(number, tuple(paths)) for number, paths in enumerate(held.values())]
    with _runner(engine, master) as runner:
        found = door.events(runner, sources, settings_of(node, room, settings))
    if out is not None:
        names = dict(enumerate(held))
        lines = {"sources": names}, *found.drop_columns(["said"]).to_pylist()
        said = [None, *found["said"].to_pylist()]
        out.write_bytes(b"".join(_line(line, event) for line, event in zip(lines, said, strict=True)))
    return Survey(room.name, engine, len(sources), dict(Counter(found["kind"].to_pylist())))


def _line(line: dict[str, Any], event: str | None) -> bytes:
    held = line if event is None else {**line, "event": msgspec.Raw(event.encode())}
    return msgspec.json.encode(held) + b"\n"


@contextmanager
def _runner(engine: Engine, master: str) -> Iterator[Any]:
    if engine == "here":
        yield Here()
        return
    with spark.session(master) as runner:
        yield runner
