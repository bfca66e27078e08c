"""Templates to HTML: everything escaped, times with their age, labels as marks, nothing that a partner sent as a link."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from markupsafe import Markup

from foedus.model import instant
from foedus.model.finding import Place
from foedus.model.programme import in_language
from foedus.node.naming import room_words
from foedus.node.news import news as news_of
from foedus.web import symbols
from foedus.web.answer import Shown
from foedus.web.stream import said
from foedus.web.visit import CONTENT, Visit
from foedus.web.words import LANGUAGES, Words

STATIC = Path(str(resources.files(__package__).joinpath("static")))
_BRIEF = 12
# Controls, and what changes the direction of text or is not seen: U+061C, U+200B-200F, U+202A-202E, U+2060-2069, U+FEFF.
_TURNS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_TLP = re.compile(r"TLP:(CLEAR|GREEN|AMBER\+STRICT|AMBER|RED)")
_STEPS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


@cache
def environment() -> jinja2.Environment:
    """Return the one environment of the templates."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("foedus.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_plain,
    )
    made.filters.update(
        stamp=_stamp,
        mark=_mark,
        word=_word,
        short=_short,
        tight=_tight,
        pretty=_pretty,
        pair=_pair,
        coordinates=_coordinates,
        role=_role,
    )
    return made


def _plain(value: Any) -> Any:
    r"""Return a text without characters that turn round or hide what stands beside them; they are shown as their escapes.

    >>> _plain("invoice\u202efdp.exe")
    'invoice\\u202efdp.exe'
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _TURNS.sub(lambda found: f"\\u{ord(found.group()):04x}", value)


def html(visit: Visit, page: Shown, *, version: str) -> str:
    """Return a page as HTML."""
    at = visit.node.clock.now()
    sees = visit.may(*CONTENT)
    news = news_of(visit.node, visit.person) if sees else None
    template = environment().get_template(page.template)
    return template.render(
        **page.data,
        visit=visit,
        look=visit.look,
        t=visit.words,
        languages=LANGUAGES,
        labels=list(dict.fromkeys(page.labels)),
        has_table=page.table is not None,
        sees=sees,
        news=news,
        news_said=said(visit.words, news) if news else "",
        now=instant.text(instant.to_us(at)),
        age=_aged(at, visit.words),
        party_name=_named(visit, at),
        kind_name=_kind_named(visit),
        symbol=_symbol(visit),
        rooms=sorted(visit.node.rooms),
        version=version,
    )


def _stamp(text: str) -> str:
    """Return an instant as people read it, UTC.

    >>> _stamp("2026-06-01T08:05:09.123456Z"), _stamp("")
    ('2026-06-01 08:05', '')
    """
    return f"{instant.parse(text):%Y-%m-%d %H:%M}" if text else ""


def _aged(at: datetime, words: Words) -> Callable[[str], str]:
    """Return what says how long ago an instant is, or how long until."""

    def age(text: str) -> str:
        seconds = int((at - instant.parse(text)).total_seconds())
        name, size = next(((n, s) for n, s in _STEPS if abs(seconds) >= s), ("second", 1))
        return words.count(f"{'ago' if seconds >= 0 else 'ahead'}.{name}", abs(seconds) // size)

    return age


def _named(visit: Visit, at: datetime) -> Callable[..., str]:
    """Return what says a party's name as the programmes write it, in the language of the page."""
    names: dict[str, str] = {}

    def named(party: str, *, brief: bool = False) -> str:
        if not names:
            held = [one.programme for one in visit.node.agreements.all(at)]
            names.update({one.id: in_language(one.name, visit.look.language) for p in held for one in p.parties})
        name = names.get(party, party)
        return party.upper() if brief and len(name) > _BRIEF and party in names else name

    return named


def _kind_named(visit: Visit) -> Callable[[str, str], str]:
    """Return what says a kind of a room, or the room itself (``name``), in the language of the page."""
    rooms = room_words(visit.node)
    return lambda room, key: rooms[room].said(key, visit.look.language) if room in rooms else key


def _symbol(visit: Visit) -> Callable[[str, str], Markup]:
    """Return what draws the standard symbol of a room's kind beside its name; nothing where the room has none."""
    rooms = room_words(visit.node)

    def drawn(room: str, kind: str) -> Markup:
        if room not in rooms or kind not in rooms[room].symbols:
            return Markup("")
        return Markup('<img class="symbol" src="{}" alt="" height="18">').format(
            symbols.address(room, kind, rooms[room])
        )

    return drawn


def _mark(label: str) -> Markup:
    """Return a label as a mark: what it says, with its TLP in its own colour and words.

    >>> _mark("NATO RESTRICTED TLP:AMBER")
    Markup('<span class="label"><span class="policy">NATO RESTRICTED</span> <span class="tlp amber">TLP:AMBER</span></span>')
    """
    found = _TLP.search(label)
    rest = (label[: found.start()] + label[found.end() :]).strip() if found else label
    parts = [Markup('<span class="policy">{}</span>').format(rest)] if rest else []
    if found:
        colour = found.group(1).lower().replace("+", "-")
        parts.append(Markup('<span class="tlp {}">{}</span>').format(colour, found.group()))
    return Markup('<span class="label">{}</span>').format(Markup(" ").join(parts))


def _word(programme: str) -> str:
    return programme.rsplit(":", 1)[-1]


def _short(object_id: str) -> str:
    """Return an id as people recognise it.

    >>> _short("indicator--f9cba273-18a4-524c-b5f9-e18c8a146e75")
    'indicator f9cba273'
    """
    kind, _, rest = object_id.partition("--")
    return f"{kind} {rest[:8]}" if rest else object_id


def _pretty(value: Any) -> str:
    """Return a JSON value for people to read."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1).decode()


def _coordinates(place: Place) -> str:
    """Return a place as people read it.

    >>> _coordinates(Place(35.25, -139.5))
    '35.25° N 139.50° W'
    """
    north, east = "N" if place.lat_deg >= 0 else "S", "E" if place.lon_deg >= 0 else "W"
    return f"{abs(place.lat_deg):.2f}° {north} {abs(place.lon_deg):.2f}° {east}"


def _role(path: str) -> str:
    """Return what a reference is called, of the path where it stands.

    >>> _role("object_refs/3"), _role("extensions/extension-definition--a/vessel_refs/0"), _role("created_by_ref")
    ('object_refs', 'vessel_refs', 'created_by_ref')
    """
    parts = [part for part in path.split("/") if not part.isdecimal()]
    return parts[-1] if parts else path


def _pair(log: str) -> str:
    """Return a log's name as people read it.

    >>> _pair("urn:foedus:programme:itpp|nato|jpn"), _pair("master")
    ('nato → jpn (itpp)', 'master')
    """
    parts = log.split("|")
    return f"{parts[1]} → {parts[2]} ({_word(parts[0])})" if len(parts) == 3 else log


def _tight(value: Any, most: int = 120) -> str:
    text = str(value)
    return text if len(text) <= most else f"{text[: most - 1]}…"
