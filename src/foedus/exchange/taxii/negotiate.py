"""Media types of TAXII 2.1: what a client may ask for, and what it may send."""

from __future__ import annotations

_OWN = "application/taxii+json"
_STIX = "application/stix+json"
_VERSION = "2.1"


def acceptable(accept: str | None) -> bool:
    """Say whether an Accept header allows ``application/taxii+json;version=2.1``.

    No header, a wildcard, and TAXII without a version allow it. Source: TAXII 2.1 section 3.1.

    >>> acceptable("text/html, application/taxii+json"), acceptable("application/taxii+json;version=2.0")
    (True, False)
    """
    if not accept:
        return True
    for item in accept.split(","):
        name, parameters = _media_type(item)
        if _weightless(parameters.get("q", "1")):
            continue
        if name in ("*/*", "application/*") or (name == _OWN and parameters.get("version", _VERSION) == _VERSION):
            return True
    return False


def postable(content_type: str | None, content_encoding: str | None) -> bool:
    """Say whether a body of this type can be taken: TAXII's or STIX's, 2.1 or no version, not compressed.

    >>> postable("application/stix+json", None), postable("application/json", None)
    (True, False)
    """
    if (content_encoding or "identity").lower() != "identity":
        return False
    name, parameters = _media_type(content_type or "")
    return name in (_OWN, _STIX) and parameters.get("version", _VERSION) == _VERSION


def _media_type(text: str) -> tuple[str, dict[str, str]]:
    name, *rest = text.split(";")
    pairs = (part.partition("=") for part in rest)
    return name.strip().lower(), {key.strip().lower(): value.strip().strip('"') for key, _, value in pairs}


def _weightless(weight: str) -> bool:
    return weight.strip("0.") == "" and weight != ""
