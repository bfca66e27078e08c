"""The pages, one module and one template each; what is here is all that can be asked for."""

from __future__ import annotations

from foedus.model.people import ROLES
from foedus.web.pages import (
    finding,
    home,
    ledger,
    look,
    programme,
    release,
    settings,
    shifts,
    sign_in,
    situation,
    watch,
)
from foedus.web.pages.page import Page
from foedus.web.visit import CONTENT

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
    Page("GET", "/settings", settings.show, ROLES),
    Page("POST", "/settings/password", settings.password, ROLES),
    Page("POST", "/settings/sessions", settings.end_sessions, ROLES),
    Page("POST", "/settings/passkey/begin", settings.passkey_begin, ROLES),
    Page("POST", "/settings/passkey", settings.passkey_finish, ROLES),
    Page("POST", "/settings/passkey/remove", settings.passkey_remove, ROLES),
)
