"""Label: how a finding must be handled."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Literal

import msgspec

from foedus.model.canonical import canonical, digest

CategoryType = Literal["RESTRICTIVE", "PERMISSIVE", "INFORMATIVE"]
Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]

TLP_ORDER: tuple[Tlp, ...] = ("clear", "green", "amber", "amber+strict", "red")


class Category(msgspec.Struct, frozen=True, omit_defaults=True):
    """One category of a STANAG 4774 label: a tag set with the values chosen from it, in label order."""

    tag_set: str
    type: CategoryType
    values: tuple[str, ...] = ()


class Label(msgspec.Struct, frozen=True, omit_defaults=True):
    """Confidentiality policy and classification, categories, TLP 2.0, caveats, originator, dates.

    ``policy`` is a security policy's name ("NATO", "JPN", "PUBLIC"); ``classification`` one of its levels as the policy
    spells it. ``originator`` is a party's id. ``successions`` are later labels with the instant from which each holds.
    ``alternatives`` are equivalents in other policies; the originator's own label is never overwritten. ``originators``
    are all of them where a label was joined from several (sorted, the first is ``originator``), else empty.
    """

    policy: str
    classification: str
    categories: tuple[Category, ...] = ()
    tlp: Tlp | None = None
    caveats: tuple[str, ...] = ()
    originator: str = ""
    created_at: datetime | None = None
    review_at: datetime | None = None
    successions: tuple[Succession, ...] = ()
    alternatives: tuple[Label, ...] = ()
    originators: tuple[str, ...] = ()

    def owners(self) -> tuple[str, ...]:
        """Return every originator: of a label joined from several, all of them; empty when nobody is named."""
        return self.originators or ((self.originator,) if self.originator else ())

    def values(self, tag_set: str) -> tuple[str, ...]:
        """Return the values of one tag set, in label order; empty when the label has none."""
        return tuple(value for category in self.categories if category.tag_set == tag_set for value in category.values)

    def at(self, instant: datetime) -> Label:
        """Return the label that holds at an instant: successions switch, review dates never do (ADatP-4774)."""
        held = self
        for succession in sorted(self.successions, key=lambda s: s.at):
            if succession.at <= instant:
                held = succession.label
        return held

    def canonical(self) -> bytes:
        """Return the RFC 8785 form of the label; equal labels have equal bytes."""
        return _canonical(self)

    def hash(self) -> str:
        """Return the SHA-256 of the canonical form, hex."""
        return _hash(self)


class Succession(msgspec.Struct, frozen=True):
    """A label that takes over at an instant (STANAG 4774 SuccessionHandling)."""

    at: datetime
    label: Label


# A node sees few labels and many objects: both forms are asked for once an object and computed once a label.
@lru_cache(maxsize=4096)
def _canonical(label: Label) -> bytes:
    return canonical(msgspec.to_builtins(label))


@lru_cache(maxsize=4096)
def _hash(label: Label) -> str:
    return digest(msgspec.to_builtins(label))


def read(raw: bytes) -> Label:
    """Return the Label of its JSON form.

    Raises:
        msgspec.ValidationError: not a label.
    """
    return msgspec.json.decode(raw, type=Label)
