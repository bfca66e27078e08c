"""What the party states: values of attested indicators, and reviews that are published; an approver does."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from foedus.errors import FoedusError, InputError
from foedus.model.programme import in_language
from foedus.node import account, statements
from foedus.node.statements import REVIEW_KINDS, Attestation, Chosen, ReviewKind
from foedus.web.answer import Answer, File, Moved, Shown, Table
from foedus.web.pages.field import NONE, Refusal, refusal
from foedus.web.pages.programme import chosen_of
from foedus.web.visit import Visit

_CODES = {
    "value-not-on-scale": "value", "value-not-a-number": "value", "review-year-open": "kind", "review-published": "kind",
}  # fmt: skip
_TOLD = {"attest": "attested", "publish": "published"}


def show(visit: Visit, refused: Refusal = NONE) -> Answer:
    """Show the attested indicators of a programme's year as each party states them, and which reviews were published."""
    held = chosen_of(visit)
    if held is None:
        raise InputError("the node holds no programme", code="programme-unknown")
    found, attested = statements.attestations(visit.node, Chosen(held.id, visit.value("period")))
    parties = [one.id for one in found.document.parties]
    data = {
        "word": held.word,
        "title": in_language(found.document.title, visit.look.language),
        "period": found.period,
        "periods": found.periods,
        "parties": parties,
        "attested": [_line(visit, one, parties) for one in attested],
        "published": statements.published(visit.node, found.document.id, found.period),
    }
    rows = [
        (held.word, found.period, one.indicator.id, party, one.said.get(party, ""))
        for one in attested
        for party in parties
    ]
    table = Table(("programme", "period", "indicator", "party", "value"), rows)
    page = Shown("statements.html", data, table, status=422 if refused.code else 200)
    return page._replace(data={**data, **_form(visit, refused)}) if visit.asked.twin == "html" else page


def _form(visit: Visit, refused: Refusal) -> dict[str, object]:
    told = visit.value("told")
    return {
        "kinds": REVIEW_KINDS,
        "refused": refused,
        "unrefused": NONE,
        "meant": visit.value("indicator") if refused.code else "",
        "typed": visit.value("value") if refused.code else "",
        "stale": visit.held is not None and not visit.held.fresh,
        "told": told if told in _TOLD.values() else "",
    }


def state(visit: Visit) -> Answer:
    """State a value, or publish a review."""
    chosen = Chosen(visit.value("programme"), visit.value("period"))
    act = visit.value("act")
    try:
        if act == "attest":
            statements.attest(visit.node, visit.act(), chosen, visit.value("indicator"), visit.value("value").strip())
        elif act == "publish":
            kind = msgspec.convert(visit.value("kind"), ReviewKind)
            statements.publish(visit.node, visit.act(), chosen, kind, public=visit.value("public") == "yes")
        else:
            raise InputError("not an act", code="form-malformed")
    except msgspec.ValidationError as error:
        raise InputError("not a kind of review", code="form-malformed") from error
    except FoedusError as error:
        return show(visit, refusal(error, _CODES))
    query = urlencode({"programme": chosen.programme, "period": chosen.period, "told": _TOLD[act]})
    return Moved(f"/programme/statements?{query}")


def published(visit: Visit) -> Answer:
    """Give a review as it was published, byte for byte."""
    chosen = Chosen(visit.value("programme"), visit.value("period"))
    raw = statements.published_bytes(visit.node, chosen, visit.value("hash"))
    return File(raw, f"review-{chosen.programme.rsplit(':', 1)[-1]}-{chosen.period}.json", "application/json")


def _line(visit: Visit, one: Attestation, parties: list[str]) -> dict[str, object]:
    indicator = one.indicator
    return {
        "id": indicator.id,
        "title": in_language(indicator.title, visit.look.language),
        "unit": indicator.unit or "",
        "steps": one.steps,
        "said": {party: account.figure(one.said[party]) for party in parties if party in one.said},
        "counts": len(one.said) == len(parties) and len({str(value) for value in one.said.values()}) == 1,
    }
