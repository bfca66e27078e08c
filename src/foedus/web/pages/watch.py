"""The watch: acts about one finding or a set of them, and what each method said beside what people dismissed of it."""

from __future__ import annotations

from foedus.errors import InputError, TrustError
from foedus.node import methods as records
from foedus.node import news, watch
from foedus.node.watch import Meant
from foedus.web.answer import Answer, Moved, Shown, Table
from foedus.web.pages import finding
from foedus.web.pages.look import own_path
from foedus.web.visit import Visit

MOST = 200


def act(visit: Visit) -> Answer:
    """Do what the form says about a finding."""
    meant = Meant(visit.place("object_id"), visit.value("seen"))
    try:
        _do(visit, meant)
    except (InputError, TrustError) as error:
        if error.code == "object-unknown":
            raise
        return finding.one(visit, refused=error.code)
    return Moved(f"{visit.asked.path.removesuffix('/watch')}?told=watch-{visit.value('act')}")


def together(visit: Visit) -> Answer:
    """Do what the form says about each finding that was ticked; what changed since is left as it is, and counted."""
    ticked = [Meant(*one.rpartition("|")[::2]) for one in visit.asked.form.get("item", ())][:MOST]
    back = own_path(visit.value("next")) or "/situation"
    done = sum(_done(visit, one) for one in ticked)
    return Moved(f"{back}{'&' if '?' in back else '?'}told={done}-{len(ticked) - done}")


def looked(visit: Visit) -> Answer:
    """Keep up to where somebody has looked, and show the list with what is new: only because they asked for it."""
    upto = visit.value("upto")
    if not (upto.isascii() and upto.isdecimal() and len(upto) < 16):
        raise InputError("not a row", code="form-malformed")
    news.looked(visit.node, visit.person, int(upto))
    return Moved(visit.value("next") if visit.value("next") in ("/situation", "/watch") else "/situation")


def methods(visit: Visit) -> Answer:
    """Show what each method told, and how much of that is dismissed and why."""
    found = records.methods(visit.node, visit.value("area"))
    reasons = watch.REASONS
    columns = ("area", "kind", "by", "told", "dismissed", "share", *reasons)
    rows = [
        (
            *(one.area, one.kind, one.owner, one.told, one.dismissed),
            "" if one.share is None else one.share,
            *(one.reasons.get(reason, 0) for reason in reasons),
        )
        for one in found
    ]
    return Shown("watch-methods.html", {"methods": found, "reasons": reasons}, Table(columns, rows))


def _done(visit: Visit, meant: Meant) -> bool:
    """Do it, and say whether it was done; whoever may not do any of it is told so."""
    watch.may_watch(visit.person)
    try:
        _do(visit, meant)
    except InputError as error:
        if error.code in ("watch-person", "watch-reason", "note-too-long", "form-malformed"):
            raise
        return False
    return True


def _do(visit: Visit, meant: Meant) -> None:
    node, person, note = visit.node, visit.person, visit.value("reason")
    match visit.value("act"):
        case "acknowledge":
            watch.acknowledge(node, person, meant)
        case "assign":
            watch.assign(node, person, meant, visit.value("to"))
        case "mine":
            watch.assign(node, person, meant, person.name)
        case "dismiss":
            watch.dismiss(node, person, meant, visit.value("why"), note)
        case "undo":
            watch.undo(node, person, meant)
        case _:
            raise InputError("not an act", code="form-malformed")
