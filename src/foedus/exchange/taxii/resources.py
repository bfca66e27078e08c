"""TAXII 2.1 resources as JSON: written strictly, empty lists left out, objects passed through byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from foedus.exchange.http import TAXII, Answer, Headers, json_answer
from foedus.model import instant
from foedus.model.ports import ApiRoot, Collection, Outcome, Submission, ViewRow

VERSION = TAXII.decode()
_STIX = "application/stix+json;version="


class ManifestLine(msgspec.Struct, frozen=True):
    """One object of a manifest. Source: TAXII 2.1 section 5.3.1."""

    id: str
    date_added: str
    version: str
    media_type: str


def discovery(title: str, urls: Sequence[str]) -> Answer:
    """Return the discovery resource; ``default`` is spelled exactly as in ``api_roots``."""
    resource: dict[str, Any] = {"title": title}
    if urls:
        resource |= {"default": urls[0], "api_roots": list(urls)}
    return json_answer(resource)


def api_root(root: ApiRoot, max_content_length: int) -> Answer:
    """Return an API root resource."""
    resource: dict[str, Any] = {"title": root.title, "versions": [VERSION], "max_content_length": max_content_length}
    if root.description:
        resource["description"] = root.description
    return json_answer(resource)


def collections(found: Sequence[Collection]) -> Answer:
    """Return the collections resource."""
    return json_answer({"collections": [_collection(one) for one in found]} if found else {})


def collection(one: Collection) -> Answer:
    """Return one collection resource."""
    return json_answer(_collection(one))


def status(submission: Submission, http_status: int) -> Answer:
    """Return a status resource: what became of one POST, complete."""
    done, failed = len(submission.successes), len(submission.failures)
    resource: dict[str, Any] = {
        "id": submission.id,
        "status": "complete",
        "request_timestamp": instant.text(submission.request_us),
        "total_count": done + failed,
        "success_count": done,
        "failure_count": failed,
        "pending_count": 0,
    }
    if submission.successes:
        resource["successes"] = [_outcome(one) for one in submission.successes]
    if submission.failures:
        resource["failures"] = [_outcome(one) for one in submission.failures]
    return json_answer(resource, http_status)


def manifest_lines(rows: Sequence[ViewRow]) -> bytes:
    """Return the manifest's objects, joined by commas."""
    return b",".join(
        msgspec.json.encode(
            ManifestLine(row.object_id, instant.text(row.added_us), version_of(row), _STIX + row.spec_version)
        )
        for row in rows
    )


def version_texts(rows: Sequence[ViewRow]) -> bytes:
    """Return the versions of an object, joined by commas."""
    return b",".join(msgspec.json.encode(version_of(row)) for row in rows)


def version_of(row: ViewRow) -> str:
    """Return the object's own text of its version; what has none (an SCO) is known by when it was added."""
    return row.version or instant.text(row.added_us)


def page(key: bytes, body: bytes, cursor: str, dates: Headers) -> Answer:
    """Return one page: an envelope, a manifest or versions. ``body`` is used as it is.

    An empty page is ``{}``; ``next`` goes out exactly when there is more, on all three kinds: clients hang without it.
    """
    if not body:
        return Answer(200, b"{}", TAXII, dates)
    head = b'{"more":true,"next":"' + cursor.encode() + b'",' if cursor else b'{"more":false,'
    return Answer(200, body, TAXII, dates, (head + b'"' + key + b'":[', b"]}"))


def dates(first_us: int, last_us: int) -> Headers:
    """Return the two X- headers. Source: TAXII 2.1 section 3.2."""
    return (
        (b"x-taxii-date-added-first", instant.text(first_us).encode()),
        (b"x-taxii-date-added-last", instant.text(last_us).encode()),
    )


def _collection(one: Collection) -> dict[str, Any]:
    resource: dict[str, Any] = {"id": one.id, "title": one.title}
    if one.description:
        resource["description"] = one.description
    if one.alias:
        resource["alias"] = one.alias
    return resource | {
        "can_read": one.can_read,
        "can_write": one.can_write,
        "media_types": [_STIX + "2.1", _STIX + "2.0"],
    }


def _outcome(one: Outcome) -> dict[str, str]:
    detail = {"id": one.id, "version": one.version}
    return detail | {"message": one.message} if one.message else detail
