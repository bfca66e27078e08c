"""The pages, one module and one template each; what is here is all that can be asked for."""

from __future__ import annotations

from functools import partial

from foedus.model.people import ROLES, Role
from foedus.web.pages import (
    area,
    find,
    finding,
    given,
    home,
    ledger,
    look,
    parties,
    people,
    programme,
    programmes,
    quarantine,
    release,
    review,
    session,
    settings,
    shifts,
    sign_in,
    situation,
    sources,
    statements,
    watch,
)
from foedus.web.pages.page import Page
from foedus.web.visit import CONTENT, WRITERS

STAFF: tuple[Role, ...] = (*CONTENT, "administrator")
"""Who sees how the node stands, without content."""
_ADMINISTRATOR: tuple[Role, ...] = ("administrator",)
_ANALYST: tuple[Role, ...] = ("analyst",)
_APPROVER: tuple[Role, ...] = ("approver",)

PAGES: tuple[Page, ...] = (
    Page("GET", "/", home.show, ROLES),
    Page("GET", "/sign-in", sign_in.show, None),
    Page("POST", "/sign-in", sign_in.by_password, None),
    Page("POST", "/sign-in/passkey/begin", sign_in.passkey_begin, None),
    Page("POST", "/sign-in/passkey", sign_in.by_passkey, None),
    Page("POST", "/sign-out", sign_in.out, ROLES),
    Page("POST", "/look", look.change, None),
    Page("GET", "/release", release.show, CONTENT),
    Page("GET", "/release/waiting", release.waiting, CONTENT),
    Page("POST", "/release/set", release.together, CONTENT),
    Page("GET", "/release/{programme}/{party}/{object_id}", release.one, CONTENT),
    Page("POST", "/release/{programme}/{party}/{object_id}", release.decide, CONTENT),
    Page("GET", "/release/{programme}/{party}/{object_id}/sent/{number}", release.sent, CONTENT),
    Page("GET", "/find", find.show, CONTENT),
    Page("GET", "/situation", situation.show, CONTENT),
    Page("GET", "/situation/map", situation.places, CONTENT),
    Page("GET", "/finding/{object_id}", finding.one, CONTENT),
    Page("GET", "/finding/{object_id}/beside", finding.beside, CONTENT),
    Page("GET", "/finding/{object_id}/entries", finding.entries, CONTENT),
    Page("GET", "/finding/{object_id}/stix", finding.stix, CONTENT),
    Page("POST", "/finding/{object_id}/recall", finding.call_back, CONTENT),
    Page("GET", "/areas", area.index, CONTENT),
    Page("GET", "/area/{name}", area.one, CONTENT),
    Page("POST", "/finding/{object_id}/watch", watch.act, CONTENT),
    Page("GET", "/watch", shifts.show, CONTENT),
    Page("GET", "/watch/shift/{name}", shifts.one, CONTENT),
    Page("POST", "/watch/shift", shifts.act, CONTENT),
    Page("POST", "/watch/seen", watch.looked, CONTENT),
    Page("POST", "/watch/set", watch.together, CONTENT),
    Page("GET", "/watch/methods", watch.methods, CONTENT),
    Page("GET", "/ledger", ledger.show, CONTENT),
    Page("POST", "/ledger/verify", ledger.verify, CONTENT),
    Page("GET", "/ledger/log", ledger.log, CONTENT),
    Page("GET", "/ledger/proof", ledger.proof, CONTENT),
    Page("GET", "/programme", programme.show, CONTENT),
    Page("GET", "/sources", sources.show, STAFF),
    Page("POST", "/sources", sources.add, _ANALYST),
    Page("POST", "/sources/remove", sources.remove, _ANALYST),
    Page("GET", "/quarantine", quarantine.show, STAFF),
    Page("GET", "/quarantine/{number}", quarantine.one, CONTENT),
    Page("POST", "/quarantine/{number}", quarantine.decide, _ANALYST),
    Page("GET", "/parties", parties.show, STAFF),
    Page("GET", "/people", people.show, _ADMINISTRATOR),
    Page("POST", "/people", people.add, _ADMINISTRATOR),
    Page("GET", "/person", people.one, _ADMINISTRATOR),
    Page("POST", "/person", people.change, _ADMINISTRATOR),
    Page("GET", "/programmes", programmes.show, CONTENT),
    Page("GET", "/programme.ics", programme.ics, CONTENT),
    Page("GET", "/programme/iati", programme.iati_page, CONTENT),
    Page("GET", "/programme/iati.xml", programme.iati_file, CONTENT),
    Page("GET", "/programme/review", review.show, CONTENT),
    Page("POST", "/programme/review", review.write, WRITERS),
    Page("GET", "/programme/statements", statements.show, CONTENT),
    Page("POST", "/programme/statements", statements.state, _APPROVER),
    Page("GET", "/programme/published", statements.published, CONTENT),
    Page("GET", "/programme/review.pdf", review.pdf, CONTENT),
    Page("GET", "/session", session.show, ROLES),
    Page("GET", "/settings", settings.show, ROLES),
    Page("POST", "/settings/password", settings.password, ROLES),
    Page("POST", "/settings/sessions", settings.end_sessions, ROLES),
    Page("POST", "/settings/passkey/begin", settings.passkey_begin, ROLES),
    Page("POST", "/settings/passkey", settings.passkey_finish, ROLES),
    Page("POST", "/settings/passkey/remove", settings.passkey_remove, ROLES),
)

_LIAISON: tuple[Role, ...] = ("liaison",)
LIAISON_PAGES: tuple[Page, ...] = (
    Page("GET", "/", given.home, _LIAISON),
    Page("GET", "/sign-in", sign_in.show, None),
    Page("POST", "/sign-in", partial(sign_in.by_password, only="liaison"), None),
    Page("POST", "/sign-in/passkey/begin", sign_in.passkey_begin, None),
    Page("POST", "/sign-in/passkey", partial(sign_in.by_passkey, only="liaison"), None),
    Page("POST", "/sign-out", sign_in.out, _LIAISON),
    Page("POST", "/look", look.change, None),
    Page("GET", "/situation", given.situation, _LIAISON),
    Page("GET", "/finding/{object_id}", given.finding, _LIAISON),
    Page("GET", "/finding/{object_id}/stix", given.stix, _LIAISON),
    Page("GET", "/ledger", given.logs, _LIAISON),
    Page("GET", "/ledger/log", given.log, _LIAISON),
    Page("GET", "/ledger/proof", given.proof, _LIAISON),
    *(one._replace(who=_LIAISON) for one in PAGES if one.path == "/session" or one.path.startswith("/settings")),
)
"""What a partner's liaison officer can ask for, at an address of its own."""
