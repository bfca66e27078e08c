"""Change one member of a document's text and no other byte: comments, order and spacing stay."""

from __future__ import annotations

from typing import Any

import msgspec

from foedus.errors import ProgrammeError
from foedus.programme.document import Document, read
from foedus.programme.remark import Place
from foedus.programme.yaml12 import escape


def put(document: Document, pointer: str, key: str, value: Any) -> Document:
    """Set one member of a mapping and return the changed document.

    A new member goes to the end of its mapping; an existing one is replaced where it stands. The result is read again
    and compared with what was meant.

    Args:
        document: a document without mistakes in text and structure.
        pointer: JSON pointer of the mapping.
        key: the member; a plain word.
        value: a scalar, a mapping, or a list of mappings; what is nested deeper is written in one line.

    Raises:
        InvalidProgramme: the document has mistakes.
        ProgrammeError: the text is laid out in a way that this edit does not understand.
    """
    document.require_sound()
    text = document.raw.decode()
    mapping = document.positions[pointer]
    present = document.positions.get(f"{pointer}/{escape(key)}")
    indent = mapping.start - text.rfind("\n", 0, mapping.start) - 1
    written = _flow(key, value) if mapping.flow else _block(key, value, indent)
    if present is not None:
        changed = text[: present.key_start] + written + text[present.end :]
    elif mapping.flow:
        changed = _before_brace(text, mapping, written)
    else:
        changed = _after_last(text, mapping, " " * indent + written)
    result = read(changed.encode(), name=document.name)
    if result.remarks or result.value != _meant(document.value, pointer, key, value):
        hint = "write the document in block style, one member a line"
        raise ProgrammeError(f"cannot edit {key!r} in place", code="edit-failed", where=pointer or "/", hint=hint)
    return result


def _before_brace(text: str, mapping: Place, written: str) -> str:
    inside = text[mapping.start + 1 : mapping.end - 1].strip()
    comma = ", " if inside and not inside.endswith(",") else ""
    body = text[: mapping.end - 1]
    kept = body.rstrip()
    return kept + comma + written + body[len(kept) :] + text[mapping.end - 1 :]


def _after_last(text: str, mapping: Place, line: str) -> str:
    if text[mapping.end - 1] == "\n":  # the last value is a block scalar, which ends with its line
        return text[: mapping.end] + line + "\n" + text[mapping.end :]
    end = text.find("\n", mapping.end)
    if end < 0:
        return f"{text}\n{line}\n"
    return text[: end + 1] + line + "\n" + text[end + 1 :]


def _block(key: str, value: Any, indent: int) -> str:
    if not isinstance(value, list) or not value:
        return f"{key}: {_inline(value)}"
    lines = [f"{key}:"]
    for item in value:
        lead = "  - "
        for name, part in item.items():
            lines.append(f"{' ' * indent}{lead}{name}: {_json(part)}")
            lead = "    "
    return "\n".join(lines)


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_json(part)}" for name, part in value.items()) + "}"
    return _json(value)


def _flow(key: str, value: Any) -> str:
    return f"{_json(key)}: {_json(value)}"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _meant(value: Any, pointer: str, key: str, member: Any) -> Any:
    # Copies only the containers on the way, so that the document's own value stays what it is.
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    if not steps:
        return {**value, key: member}
    head, rest = steps[0], pointer[pointer.index("/", 1) :] if len(steps) > 1 else ""
    if isinstance(value, list):
        place = int(head)
        return [*value[:place], _meant(value[place], rest, key, member), *value[place + 1 :]]
    return {**value, head: _meant(value[head], rest, key, member)}
