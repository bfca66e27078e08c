"""From a path to what it names, as one caller sees it: what is hidden and what is absent end in the same 404."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from foedus.exchange.http import Refusal, Request
from foedus.exchange.taxii.parameters import STIX_ID
from foedus.model.ports import ApiRoot, Caller, Collection, Submission, TaxiiBackend

Kind = Literal["discovery", "root", "status", "collections", "collection", "manifest", "objects", "object", "versions"]
_DISCOVERY = "taxii2"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_METHODS = {"objects": ("GET", "POST"), "object": ("GET", "DELETE")}
_NO_ROOT = ApiRoot("", "")
_NO_COLLECTION = Collection("", "", "", can_read=False, can_write=False, view="")


class Target(msgspec.Struct, frozen=True):
    """What a request is about; the fields beyond ``kind`` are filled as far as the kind needs them."""

    kind: Kind
    caller: Caller
    at_us: int
    roots: Sequence[ApiRoot] = ()
    root: ApiRoot = _NO_ROOT
    collections: Sequence[Collection] = ()
    collection: Collection = _NO_COLLECTION
    object_id: str = ""
    submission: Submission | None = None


def found(backend: TaxiiBackend, caller: Caller, request: Request) -> Target:
    """Return what the request's path names, with the rights its method needs.

    Raises:
        Refusal: 404 for what the caller may not know of, 403 for what it sees but may not do so, 308 without the last slash.
    """
    head, *parts = request.path.split("/")
    if head or not parts:
        raise _absent()
    slash = parts[-1] == ""
    if slash:
        parts.pop()
    target = _target(backend, caller, parts, request.method)
    if not slash:
        query = b"?" + request.query if request.query else b""
        raise Refusal(308, "slash-missing", headers=((b"location", request.raw_path + b"/" + query),))
    return target


def methods_of(kind: Kind) -> tuple[str, ...]:
    """Return the methods that a kind of endpoint knows."""
    return _METHODS.get(kind, ("GET",))


def _target(backend: TaxiiBackend, caller: Caller, parts: list[str], method: str) -> Target:
    at_us = backend.now_us()
    roots = backend.roots(caller)
    match parts:
        case [word] if word == _DISCOVERY:
            return Target("discovery", caller, at_us, roots)
        case [word]:
            return Target("root", caller, at_us, roots, _root(roots, word))
        case [word, "status", status_id]:
            root = _root(roots, word)
            submission = backend.status(caller, root.path, status_id) if _UUID.fullmatch(status_id) else None
            if submission is None:
                raise _absent()
            return Target("status", caller, at_us, roots, root, submission=submission)
        case [word, "collections", *rest]:
            root = _root(roots, word)
            seen = [one for one in backend.collections(caller, root.path) or () if one.can_read or one.can_write]
            target = Target("collections", caller, at_us, roots, root, seen)
            return _inside(backend, target, rest, method) if rest else target
        case _:
            raise _absent()


def _inside(backend: TaxiiBackend, target: Target, parts: list[str], method: str) -> Target:
    name, *rest = parts
    named = [one for one in target.collections if name in (one.id, one.alias)]
    if not name or not named:
        raise _absent()
    target = msgspec.structs.replace(target, collection=named[0])
    match rest:
        case []:
            return msgspec.structs.replace(target, kind="collection")
        case ["manifest"]:
            return _allowed(msgspec.structs.replace(target, kind="manifest"), method)
        case ["objects"]:
            return _allowed(msgspec.structs.replace(target, kind="objects"), method)
        case ["objects", object_id] if STIX_ID.fullmatch(object_id):
            return _existing(backend, msgspec.structs.replace(target, kind="object", object_id=object_id), method)
        case ["objects", object_id, "versions"] if STIX_ID.fullmatch(object_id):
            return _existing(backend, msgspec.structs.replace(target, kind="versions", object_id=object_id), method)
        case _:
            raise _absent()


def _allowed(target: Target, method: str) -> Target:
    """Check the rights a method needs on a collection that the caller sees; other methods meet their 405 later."""
    one = target.collection
    known = method in methods_of(target.kind)
    needs_read, needs_write = known and method in ("GET", "DELETE"), known and method in ("POST", "DELETE")
    if (needs_read and not one.can_read) or (needs_write and not one.can_write):
        raise Refusal(403, "not-allowed", "this collection does not allow it; see can_read and can_write")
    return target


def _existing(backend: TaxiiBackend, target: Target, method: str) -> Target:
    _allowed(target, method)
    one = target.collection
    if not one.can_read or not backend.views().has(one.view, target.object_id, target.at_us):
        raise _absent()
    return target


def _root(roots: Sequence[ApiRoot], word: str) -> ApiRoot:
    for root in roots:
        if root.path == word:
            return root
    raise _absent()


def _absent() -> Refusal:
    return Refusal(404, "not-found", "nothing here for this caller")
