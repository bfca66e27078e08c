"""The pages, one module and one template each; what is here is all that can be asked for."""

from __future__ import annotations

from foedus.model.people import ROLES, Role
from foedus.web.pages import (
    area,
    finding,
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
    settings,
    sign_in,
    situation,
    sources,
)
from foedus.web.pages.page import Page
from foedus.web.visit import CONTENT, WRITERS

STAFF: tuple[Role, ...] = (*CONTENT, "administrator")
"""Who sees how the node stands, without content."""
_ADMINISTRATOR: tuple[Role, ...] = ("administrator",)
_ANALYST: tuple[Role, ...] = ("analyst",)

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
    Page("GET", "/situation", situation.show, CONTENT),
    Page("GET", "/situation/map", situation.places, CONTENT),
    Page("GET", "/finding/{object_id}", finding.one, CONTENT),
    Page("GET", "/finding/{object_id}/beside", finding.beside, CONTENT),
    Page("GET", "/finding/{object_id}/entries", finding.entries, CONTENT),
    Page("GET", "/finding/{object_id}/stix", finding.stix, CONTENT),
    Page("POST", "/finding/{object_id}/recall", finding.call_back, CONTENT),
    Page("GET", "/areas", area.index, CONTENT),
    Page("GET", "/area/{name}", area.one, CONTENT),
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
    Page("GET", "/programme/review.pdf", review.pdf, CONTENT),
    Page("GET", "/settings", settings.show, ROLES),
    Page("POST", "/settings/password", settings.password, ROLES),
    Page("POST", "/settings/sessions", settings.end_sessions, ROLES),
    Page("POST", "/settings/passkey/begin", settings.passkey_begin, ROLES),
    Page("POST", "/settings/passkey", settings.passkey_finish, ROLES),
    Page("POST", "/settings/passkey/remove", settings.passkey_remove, ROLES),
)
