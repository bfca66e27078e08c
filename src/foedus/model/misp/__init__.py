"""MISP events: read and kept byte for byte, seen as STIX 2.1, written for a partner. A pure codec.

The event's bytes are the document. STIX objects are a view of it that carries what MISP says beside the values in a
property extension; a part of distribution 0 is told apart before anything is converted.
"""

from foedus.model.misp.back import from_stix
from foedus.model.misp.change import event_with
from foedus.model.misp.event import (
    Handling,
    MispEvent,
    Organisation,
    SharingGroup,
    handling,
    read_event,
    read_events,
)
from foedus.model.misp.extension import EXTENSION, NAMESPACE
from foedus.model.misp.released import released_event
from foedus.model.misp.shown import MispObject
from foedus.model.misp.view import to_stix

__all__ = [
    "EXTENSION",
    "NAMESPACE",
    "Handling",
    "MispEvent",
    "MispObject",
    "Organisation",
    "SharingGroup",
    "event_with",
    "from_stix",
    "handling",
    "read_event",
    "read_events",
    "released_event",
    "to_stix",
]
