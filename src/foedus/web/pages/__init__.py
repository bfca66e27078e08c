"""The pages, one module and one template each; what is here is all that can be asked for."""

from __future__ import annotations

from foedus.model.people import ROLES
from foedus.web.pages import (
    finding,
    home,
    ledger,
    look,
    programme,
    programmes,
    release,
    review,
    session,
    settings,
    sign_in,
    situation,
)
from foedus.web.pages.page import Page
from foedus.web.visit import CONTENT, WRITERS

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
    Page("GET", "/finding/{object_id}", finding.one, CONTENT),
    Page("GET", "/finding/{object_id}/beside", finding.beside, CONTENT),
    Page("GET", "/finding/{object_id}/entries", finding.entries, CONTENT),
    Page("GET", "/finding/{object_id}/stix", finding.stix, CONTENT),
    Page("POST", "/finding/{object_id}/recall", finding.call_back, CONTENT),
    Page("GET", "/ledger", ledger.show, CONTENT),
    Page("POST", "/ledger/verify", ledger.verify, CONTENT),
    Page("GET", "/ledger/log", ledger.log, CONTENT),
    Page("GET", "/ledger/proof", ledger.proof, CONTENT),
    Page("GET", "/programme", programme.show, CONTENT),
    Page("GET", "/programmes", programmes.show, CONTENT),
    Page("GET", "/programme.ics", programme.ics, CONTENT),
    Page("GET", "/programme/iati", programme.iati_page, CONTENT),
    Page("GET", "/programme/iati.xml", programme.iati_file, CONTENT),
    Page("GET", "/programme/review", review.show, CONTENT),
    Page("POST", "/programme/review", review.write, WRITERS),
    Page("GET", "/programme/review.pdf", review.pdf, CONTENT),
    Page("GET", "/session", session.show, ROLES),
    Page("GET", "/settings", settings.show, ROLES),
    Page("POST", "/settings/password", settings.password, ROLES),
    Page("POST", "/settings/sessions", settings.end_sessions, ROLES),
    Page("POST", "/settings/passkey/begin", settings.passkey_begin, ROLES),
    Page("POST", "/settings/passkey", settings.passkey_finish, ROLES),
    Page("POST", "/settings/passkey/remove", settings.passkey_remove, ROLES),
)
