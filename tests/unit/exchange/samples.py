"""Small STIX objects, written by hand so that their bytes are awkward."""

from __future__ import annotations


def indicator_id(number: int) -> str:
    return f"indicator--00000000-0000-4000-8000-{number:012x}"


def indicator(number: int, modified: str = "2026-01-01T00:00:00.25Z", spec: str = "2.1") -> bytes:
    """Bytes with odd spacing, an escape and a number that a decoder would rewrite."""
    return (
        f'{{"type": "indicator",  "spec_version":"{spec}","id":"{indicator_id(number)}",'
        f'"created":"2026-01-01T00:00:00.000Z","modified":"{modified}","name":"caf\\u00e9 \\/ {number}",'
        f'"pattern":"[ipv4-addr:value = \'198.51.100.{number % 250}\']","pattern_type":"stix",'
        f'"valid_from":"2026-01-01T00:00:00Z","x_weight":1.10}}'
    ).encode()


def envelope(*objects: bytes) -> bytes:
    return b'{"objects":[' + b",".join(objects) + b"]}"
