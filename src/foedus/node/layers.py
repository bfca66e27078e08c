"""What rooms may look at beside their records: layer files of the node, and who holds a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from foedus.errors import LimitExceeded
from foedus.model.finding import Key, Seen
from foedus.model.room import Layers
from foedus.store import values
from foedus.store.engine import Store

MAX_LAYER_BYTES = 64 * 2**20
LABEL = ".label"
"""What the file with the label of a layer is called, after the name of the layer."""


class NodeLayers:
    """Layers of a node: files below its ``layers`` directory, named by their path in it, and the store's values.

    Args:
        store: the node's store.
        directory: where the files are; files are read once and kept until one of them changes.
    """

    def __init__(self, store: Store, directory: Path) -> None:
        self._store = store
        self._directory = directory
        self._kept: dict[str, tuple[int, bytes]] = {}

    def for_run(self) -> Layers:
        """Return the layers as they are now, for one run: rooms ask once an object, and files may change meanwhile."""
        return _ForRun(self)

    def files(self, prefix: str) -> Mapping[str, bytes]:
        """Return the layer files whose name starts with a prefix."""
        found: dict[str, bytes] = {}
        for path in sorted(self._directory.rglob("*")) if self._directory.is_dir() else ():
            name = path.relative_to(self._directory).as_posix()
            if path.is_file() and name.startswith(prefix):
                found[name] = self._read(name, path)
        return found

    def names(self, prefix: str) -> list[str]:
        """Return the names of layer files that start with a prefix, without what stands beside them; none is read."""
        held = sorted(self._directory.rglob("*")) if self._directory.is_dir() else ()
        names = [path.relative_to(self._directory).as_posix() for path in held if path.is_file()]
        return [name for name in names if name.startswith(prefix) and not name.endswith(LABEL)]

    def label_text(self, name: str) -> str | None:
        """Return what a person wrote beside a layer file, in ``NAME.label``; empty without that, None without the file."""
        beside = self._directory / f"{name}{LABEL}"
        if not (self._directory / name).is_file():
            return None
        return self._read(f"{name}{LABEL}", beside).decode(errors="replace").strip() if beside.is_file() else ""

    def _read(self, name: str, path: Path) -> bytes:
        state = path.stat()
        kept = self._kept.get(name)
        if kept is not None and kept[0] == state.st_mtime_ns:
            return kept[1]
        if state.st_size > MAX_LAYER_BYTES:
            raise LimitExceeded("layer file too large", code="layer-too-large", where=name, hint="at most 64 MiB")
        raw = path.read_bytes()
        self._kept[name] = (state.st_mtime_ns, raw)
        return raw

    def seen(self, keys: Sequence[Key]) -> Mapping[tuple[str, str], Sequence[Seen]]:
        """Return, per (kind, norm), findings already held with it."""
        if not keys:
            return {}
        with self._store.read() as read:
            return values.seen(read, keys)


class _ForRun:
    """Layers whose files stay as they were when first asked for."""

    def __init__(self, layers: NodeLayers) -> None:
        self._layers = layers
        self._files: dict[str, Mapping[str, bytes]] = {}

    def files(self, prefix: str) -> Mapping[str, bytes]:
        if prefix not in self._files:
            self._files[prefix] = self._layers.files(prefix)
        return self._files[prefix]

    def seen(self, keys: Sequence[Key]) -> Mapping[tuple[str, str], Sequence[Seen]]:
        return self._layers.seen(keys)
