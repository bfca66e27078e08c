"""What a decision is told of a stored finding."""

from __future__ import annotations

from foedus.model.decision import Subject
from foedus.store.findings import Held


def subject_of(held: Held, area: str, kind: str) -> Subject:
    """Return the subject of a stored finding, in a programme's area, matched under its head's kind."""
    return Subject(
        held.object_id,
        held.version,
        area,
        kind,
        held.owner,
        held.label,
        held.reference_us,
        held.labelled_us,
        held.contains,
    )
