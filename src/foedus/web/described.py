"""What addresses take and give, beside what their routes say by themselves: the one place that the description is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_args

from foedus.model.events import RecallReason
from foedus.node.statements import REVIEW_KINDS
from foedus.web import twins


class Given(NamedTuple):
    """A value that a request may hold."""

    name: str
    about: str
    schema: Mapping[str, Any] = {"type": "string"}
    required: bool = False


class Said(NamedTuple):
    """What an address takes in its query or its form, and gives: a type of its JSON twin, or a file of a media type."""

    query: Sequence[Given] = ()
    form: Sequence[Given] = ()
    twin: type | None = None
    media: str = ""


_DAY = {"type": "string", "format": "date"}
_WHICH = Given("programme", "The programme's word; the first held where absent.")
_PERIOD = Given(
    "period", "The year reviewed; the newest of the term where absent.", {"type": "string", "pattern": "^[0-9]{4}$"}
)
_ON = Given("on", "The review day; today where absent.", _DAY)
_REASON = Given("reason", "Why, in the ledger.")
_PASSWORD = Given("password", "Where the session is not fresh.", {"type": "string", "format": "password"})
_SEEN = Given("seen", "What the person saw, as the page gave it.", required=True)
_ONCE = Given("once", "The form's own mark: sent twice, it does one thing.", required=True)
_NUMBER = {"type": "string", "pattern": "^[0-9]{1,15}$"}
_AFTER = Given("after", "Where the page before ended (its `next`).")
_NAME, _PASSWORD_GIVEN = (
    Given("name", "Who it is.", required=True),
    _PASSWORD._replace(about="Their password.", required=True),
)
_ACT = {"type": "string", "enum": ["approve", "deny", "hold", "cancel", "ask", "consent"]}

DESCRIBED: Mapping[tuple[str, str], Said] = {
    ("GET", "/openapi"): Said(media="application/json"),
    ("GET", "/session"): Said(twin=twins.Session, media="application/json"),
    ("POST", "/sign-in"): Said(form=(_NAME, _PASSWORD_GIVEN, Given("next", "Where to go after it."))),
    ("GET", "/release"): Said((Given("party", "Only what waits for this party."), _AFTER), twin=twins.Queue),
    ("POST", "/release/{programme}/{party}/{object_id}"): Said(
        form=(Given("act", "What to do.", _ACT, required=True), _SEEN, _ONCE, _REASON, _PASSWORD)
    ),
    ("GET", "/release/{programme}/{party}/{object_id}/sent/{number}"): Said(media="application/stix+json"),
    ("GET", "/situation"): Said(
        (
            Given("area", "Only of this area."),
            Given("kind", "Only of this kind."),
            Given("owner", "Only of this originator."),
            Given("label", "Only under this label, by its number in `labels`.", _NUMBER),
            Given("urgency", "At least this urgent; 1 where absent.", _NUMBER),
            Given("since", "From this day on.", _DAY),
            Given("until", "Up to and with this day.", _DAY),
            _AFTER._replace(schema=_NUMBER),
        ),
        twin=twins.Situated,
    ),
    ("GET", "/find"): Said((Given("q", "An id or a value.", required=True),), twin=twins.Sought),
    ("GET", "/finding/{object_id}"): Said(twin=twins.Found),
    ("GET", "/finding/{object_id}/stix"): Said(
        (Given("version", "Which version; the newest where absent."),), media="application/stix+json"
    ),
    ("POST", "/finding/{object_id}/recall"): Said(
        form=(
            Given("act", "What to do.", {"type": "string", "enum": ["recall", "lift"]}, required=True),
            Given("reason", "Why; for a recall.", {"type": "string", "enum": list(get_args(RecallReason))}),
            Given("party", "From whom; everybody where absent."),
            _PASSWORD,
        )
    ),
    ("GET", "/ledger"): Said(twin=twins.Ledgers),
    ("GET", "/ledger/log"): Said(
        (
            Given("name", "The log's name.", required=True),
            Given("at", "Around this entry.", _NUMBER),
            Given("before", "Before this entry.", _NUMBER),
        ),
        twin=twins.Entries,
    ),
    ("GET", "/ledger/proof"): Said(
        (Given("name", "The log's name.", required=True), Given("at", "The entry.", _NUMBER, required=True)),
        media="text/plain",
    ),
    ("GET", "/programme"): Said((_WHICH,), twin=twins.Board),
    ("GET", "/programmes"): Said(twin=twins.SideBySide),
    ("GET", "/programme.ics"): Said((_WHICH,), media="text/calendar"),
    ("GET", "/programme/iati"): Said((_WHICH,), twin=twins.Losses),
    ("GET", "/programme/iati.xml"): Said((_WHICH,), media="application/xml"),
    ("GET", "/programme/review"): Said((_WHICH, _PERIOD, _ON), twin=twins.Review),
    ("POST", "/programme/review"): Said(
        form=(
            Given("programme", "The programme's word.", required=True),
            Given("period", "The year.", _PERIOD.schema, required=True),
            Given("field", "`summary`, `objective.ID`, `area.ID` or `open-points`.", required=True),
            Given("seen", "The version that the writer saw; 0 where there was none.", _NUMBER, required=True),
            Given("text", "The text, in the language of the page.", required=True),
        )
    ),
    ("GET", "/programme/statements"): Said((_WHICH, _PERIOD), twin=twins.Statements),
    ("POST", "/programme/statements"): Said(
        form=(
            Given("act", "What to do.", {"type": "string", "enum": ["attest", "publish"]}, required=True),
            Given("programme", "The programme's word.", required=True),
            Given("period", "The year.", _PERIOD.schema, required=True),
            Given("indicator", "Which indicator; to attest."),
            Given("value", "A step of its scale, or a number; to attest."),
            Given(
                "kind",
                "Of the whole year or the term so far; to publish.",
                {"type": "string", "enum": list(REVIEW_KINDS)},
            ),
            Given("public", "For everybody; to publish.", {"type": "string", "enum": ["yes"]}),
            _PASSWORD,
        )
    ),
    ("GET", "/programme/published"): Said(
        (_WHICH, _PERIOD, Given("hash", "Its SHA-256.", required=True)), media="application/json"
    ),
    ("GET", "/programme/review.pdf"): Said((_WHICH, _PERIOD, _ON), media="application/pdf"),
    ("POST", "/settings/password"): Said(form=(_PASSWORD_GIVEN, Given("new", "The new one.", required=True))),
}
"""By method and path; an address that is not here is described by its route alone."""
