"""Parts that were refused: taken up again after a mend, or put aside."""

from __future__ import annotations

import hashlib
import io
from functools import partial

import msgspec

from foedus.account.bodies import QuarantineSettled
from foedus.engine import run as engine
from foedus.errors import InputError
from foedus.label.text import marking
from foedus.model.entry import MASTER
from foedus.model.people import Person
from foedus.node import vault
from foedus.node.analyse import Analysed, Arriving, conclude
from foedus.node.entered import enter
from foedus.node.exchange import given_by, may_be_originator
from foedus.node.home import Node
from foedus.node.ingest import refusals_of, settings_of
from foedus.node.label import Given
from foedus.node.partial import require_sound
from foedus.node.retention import put_ends
from foedus.node.show import Refused, refused_of
from foedus.node.signing import sign_log
from foedus.store import evidence, quarantine, state
from foedus.store.engine import Tx
from foedus.store.quarantine import Quarantined

_PEER = "peer:"
_OTHERS = (_PEER, "submit:", "desk:")


class Retried(msgspec.Struct, frozen=True):
    """What became of a part that was tried again."""

    number: int
    taken: int
    refused: tuple[str, ...]


class Part(msgspec.Struct, frozen=True):
    """A refused part as the pages show it: its source's label; ``sealed``: what is kept of its bytes may be personal."""

    refused: Refused
    label: str
    sealed: bool


def part(node: Node, number: int) -> Part:
    """Return one part for people to look at; bytes that may be personal stay in the vault, which takes a reason.

    Raises:
        InputError: there is none of that number.
    """
    with node.store.read() as read:
        found = quarantine.refusal(read, number)
        source = state.source_of(read, found.refusal.source) if found is not None else None
    if found is None:
        raise _unknown(number)
    sealed = vault.is_personal(node, found.refusal.area)
    head = "" if sealed else found.refusal.raw.decode("utf-8", "backslashreplace")
    label = marking(source.label) if source is not None and source.label is not None else "no label"
    return Part(msgspec.structs.replace(refused_of(found), head=head), label, sealed)


def retry(node: Node, number: int, person: Person | None = None) -> Retried:
    """Try a refused part again under its source, as the room reads today.

    ``person`` is whose act it is; None: the operator's of the machine.
    What a peer sent needs an entry of its ledger, as on the day it came: label and originator are what that says.

    Raises:
        InputError: no such part, more was refused than quarantine keeps of it, or no entry vouches for it yet.
        TrustError: it is a partial view that does not verify against the root in that entry.
    """
    with node.store.read() as read:
        found = quarantine.refusal(read, number)
        held = None if found is None else vault.whole(node, read, found)
    if held is not None and not held.refusal.source.startswith(_OTHERS) and vault.is_personal(node, held.refusal.area):
        raise InputError(
            "a part of a source of personal data is not read alone",
            code="quarantine-personal",
            hint="mend the source, and ingest it again",
        )
    if held is None:
        raise _unknown(number)
    part = held.refusal
    if len(part.raw) >= quarantine.KEPT_BYTES:
        raise InputError("only its first 64 kB were kept", code="quarantine-cut", hint="ingest the source again")
    given, settings = None, {}
    if part.source.startswith(_PEER):
        given, settings = _given(node, part), {"format": "stix", "owner": part.source.removeprefix(_PEER)}
    room = node.room(part.area)
    told = settings_of(node, room, settings)
    read_again = engine.records_from(room.ingest(io.BytesIO(part.raw), settings=told), part.source)
    refused = [one for batch in read_again.refused for one in refusals_of(batch, room.name, part.source)]
    result = Analysed(room.name)
    if read_again.batches:
        also = partial(put_ends, own=node.party) if given else None
        conclude(Arriving(node, room, read_again, settings=settings, given=given, also=also), result)
    if not refused and not result.conflicts:
        with node.store.write() as tx:
            if quarantine.settle(tx, [number], "accepted"):
                _enter(node, tx, held, "accepted", person)
    return Retried(number, result.new + result.same, tuple(f"{one.code}: {one.message}" for one in refused))


def _given(node: Node, part: quarantine.Refusal) -> dict[str, Given]:
    sha256 = hashlib.sha256(part.raw).digest()
    with node.store.read() as read:
        for info in read.logs.logs():
            if not info.own and info.sender == part.source.removeprefix(_PEER):
                found = given_by(read, info.name, evidence.sent_bytes(read, info.name, [sha256]))
                if found:
                    require_sound(part.raw, found[sha256.hex()].commitment)
                    return _believed(node, info.programme, found)
    raise InputError(
        "no entry of the sender's ledger vouches for these bytes",
        code="release-entry-missing",
        hint="pull, then try again; or ask the sender",
    )


def _believed(node: Node, programme: str, found: dict[str, Given]) -> dict[str, Given]:
    agreement = node.agreements.of(programme, node.clock.now())
    if all(may_be_originator(agreement, node.party, one.owner) for one in found.values()):
        return found
    raise InputError(
        "its sender names an originator who cannot be it",
        code="originator-false",
        hint="ask the sender; foedus quarantine discard puts it aside",
    )


def dismiss(node: Node, number: int, person: Person | None = None) -> None:
    """Put a refused part aside: somebody looked at it; None: the operator of the machine."""
    with node.store.write() as tx:
        held = quarantine.refusal(tx, number)
        if held is None or not quarantine.settle(tx, [number], "discarded"):
            raise InputError(f"no open part {number}", code="quarantine-unknown", hint="foedus quarantine list")
        _enter(node, tx, held, "discarded", person)


def _enter(node: Node, tx: Tx, held: Quarantined, outcome: str, person: Person | None) -> None:
    part, name = held.refusal, person.name if person else ""
    facts = {"area": part.area, "source": part.source, "number": held.id, "outcome": outcome, "person": name}
    enter(node, tx, QuarantineSettled, **facts)
    sign_log(node, tx, MASTER)


def _unknown(number: int) -> InputError:
    return InputError(f"no part {number} in quarantine", code="quarantine-unknown", hint="foedus quarantine list")
