"""One sentence of English: who is in it, and what it says happened."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from foedus.areas.information.facts import people
from foedus.areas.information.facts.lexicon import either, verbs
from foedus.areas.information.facts.names import ADJECTIVE, CAPITAL, Hit, Names
from foedus.areas.information.facts.told import (
    ASSERTED,
    BODY,
    DENIED,
    PERSON,
    PLACE,
    PROBABLE,
    REPORTED,
    STATE,
    Amount,
    Day,
    Fact,
    Name,
    Span,
)

_VERB = re.compile("|".join(f"(?P<{what}>\\b(?:{forms})\\b)" for what, forms in verbs("english").items()))
_PASSIVE = re.compile(r"\b(?:was|were|been|being|is|are|be)(?: \w+ly| also| not| jointly)?\s$")
_INFINITIVE = re.compile(r"\b(?:to|would|could|may|might|will|should)(?: \w+ly| also| not| jointly)?\s$")
_NEGATED = re.compile(
    r"(?:\bnot|n['’]t|\bnever|\bdenied (?:that \w+|having)|\b[Nn]either)(?: \w+){0,2}\s$|^(?:Neither|Nobody|No) [^.]{0,200}$"
)
_HEDGED = re.compile(rf"\b(?:{either('english', 'hedges')})\b")
_SAID = re.compile(r"\b(?:said|says|told|stated|added|according to|reported|wrote|noted|explained)\b")
_TOLD = re.compile(r", [^,.]{3,60} (?:announced|confirmed)\.$")
_SAID_THEN = re.compile(r"\b(?:said|stated|told \w+|reported|announced) (?:on |late on |early on )?$")
_BETWEEN_END = re.compile(
    r"\b(?:[Tt]alks|[Mm]eetings?|[Cc]onsultations|[Nn]egotiations) between (?:the )?$"
    r"|\b(?:[Oo]fficials|[Dd]elegates|[Rr]epresentatives|[Mm]inisters|[Ll]eaders|[Tt]roops"
    r"|[Ss]oldiers|[Ss]hips|[Ee]xperts) (?:from|of) (?:the )?$"
)
_ACCORDING = re.compile(r"\b[Aa]ccording to (?:the |a |an )?")
_RELATIVE = re.compile(r",? (?:which|who) $")
_CLAUSE = re.compile(
    r"; | — | – | while | whereas | but | after | before | when | because | which | who | as (?=[A-Z])"
    r"| that (?!it |they |he |she )|: "
)
_NO_ACTOR = re.compile(
    r"(?:\b(?:in|at|near|off|on|from|of|with|against|to|into|over|by|for|about|between|toward|towards|around|across|inside|outside"
    r"|including|under|through|via|than|like)(?: the| its| a| an| both)?\s)$",
    re.IGNORECASE,
)
_PLACED = re.compile(r"\b(?:[Ii]n|[Aa]t|[Nn]ear|[Oo]ff|[Ff]rom|[Tt]o|[Oo]utside|[Aa]round|[Ii]nto|[Oo]ver|[Aa]bove)\s$")
_AND = re.compile(r"(?:,? and | & |, |,? as well as |, along with | together with )(?:the |its |both )?")
_STATE_WORDS = re.compile(rf"(?:'s|’s)? (?:{either('english', 'forces')})\b")
_BY = re.compile(r"\bby (?:the )?$")
_PAST = re.compile(
    r"(?:ed|met|held|told|took part in|began|struck|withdrew|sent|set up|conducted"
    r"|.*(?:exercises?|drills?|manoeuvres|maneuvers|talks))$"
)
_FINITE = re.compile(
    r"\b(?:each|both|to|will|would|could|can|may|might|should|must|not|who|which|they|we|also|jointly|\w+ly)\s$"
)
_GOES_ON = re.compile(r"\b(?:to|will|would|can|could|may|might|should|must) [^.;]{1,120}? and $")
_WHERE = re.compile(
    r"\b(?:in|at|near|off|over|into|aboard)(?: the)?(?: waters of| coast of| city of| port of| capital)?,?\s$"
)
_TARGET = re.compile(
    r"(?:\b(?:with|against|to|on|at|by|for|from|of|between|both)(?: the)?\s|^\s*(?:the |its )?|\band (?:the )?)$"
)


class Seen(NamedTuple):
    """What is in a sentence: its words, where it begins, who and what is named, its days, amounts, words in quotation marks."""

    text: str
    start: int
    names: tuple[Name, ...]
    days: tuple[Day, ...]
    amounts: tuple[Amount, ...]
    quoted: tuple[Span, ...]


def names_in(text: str, start: int, known: Names) -> tuple[Name, ...]:
    """Return who and what is named in a sentence; a people's name only where an office or a force stands with it."""
    hits = list(known.find(text))
    found: list[Name] = []
    holders = list(people.english(text, hits))
    holders += [one for one in people.offices(text, hits) if not _overlaps(one.start, one.end, holders)]
    for one in holders:
        span = Span(start + one.start, start + one.end)
        country = one.country if len(one.country) == 2 else ""
        if one.name:
            found.append(Name(text[one.start : one.end], span, PERSON, one.name, country, one.role))
        else:
            kind = STATE if country else BODY
            found.append(Name(text[one.start : one.end], span, kind, _state_name(hits, one.start), country, one.role))
    for hit in hits:
        if not _overlaps(hit.start, hit.end, holders):
            found.extend(_named(text, start, hit))
    return tuple(sorted(found, key=lambda one: one.span))


def facts_in(seen: Seen) -> Iterator[Fact]:
    """Yield what a sentence says happened; a verb without anybody who acted says nothing."""
    said_by = _said_by(seen)
    verbs = [found for found in _VERB.finditer(seen.text) if not _in_quotes(seen, found.start()) and _acts(seen, found)]
    for number, found in enumerate(verbs):
        before = seen.text[max(0, found.start() - 40) : found.start()]
        after = verbs[number + 1].start() if number + 1 < len(verbs) else len(seen.text)
        subject = _subject(seen, found.start())
        follows = _subject(seen, after) if after < len(seen.text) else ()
        objects = tuple(one for one in _objects(seen, found.end(), after) if one not in follows or one in subject)
        if _PASSIVE.search(before):
            acting = _joined(seen, objects, _BY)
            who, target = (acting, subject) if acting or found[0] != "held" else (subject, ())
        else:
            who, target = subject, objects
        who = tuple(one for one in who if one.kind != PLACE and one != said_by) or (
            (said_by,) if said_by in who and said_by else ()
        )
        if not who:
            continue
        yield Fact(
            what=str(found.lastgroup),
            verb=found[0],
            span=Span(seen.start + found.start(), seen.start + found.end()),
            who=who,
            target=tuple(one for one in target if one not in who and one.kind != PLACE and one != said_by),
            where=_where(seen, found.start(), after),
            when=_when(seen, verbs[number - 1].end() if number else 0, found.start(), after),
            certainty=_certainty(seen, found, before, said_by),
            according_to=said_by if said_by not in who else None,
            amounts=tuple(
                one
                for one in seen.amounts
                if found.start() <= one.span.start - seen.start < _clause_end(seen, found.end(), after)
            ),
        )


def _named(text: str, start: int, hit: Hit) -> Iterator[Name]:
    known, span = hit.known, Span(start + hit.start, start + hit.end)
    force = _STATE_WORDS.match(text, hit.end)
    if known.kind in (ADJECTIVE, CAPITAL, STATE) and force:
        words = text[hit.start : force.end()]
        whole = Span(span.start, start + force.end())
        yield Name(
            words,
            whole,
            STATE,
            known.name if known.kind != CAPITAL else _state_of(known.country),
            known.country,
            force[0].strip(" '’s"),
        )
    elif known.kind == CAPITAL:
        is_place = _PLACED.search(text[: hit.start]) is not None and not _SAID.match(text[hit.end :].lstrip())
        yield Name(text[hit.start : hit.end], span, PLACE if is_place else STATE,
                   known.name if is_place else _state_of(known.country), known.country)  # fmt: skip
    elif known.kind != ADJECTIVE:
        yield Name(text[hit.start : hit.end], span, known.kind, known.name, known.country)


def _subject(seen: Seen, verb: int) -> tuple[Name, ...]:
    """Those who act: the last ones named before the verb in its clause that follow no preposition, and those joined to them."""
    begin = max((found.end() for found in _CLAUSE.finditer(seen.text, 0, verb)), default=0)
    there = [one for one in seen.names if begin <= one.span.start - seen.start and one.span.end - seen.start <= verb]
    chosen: list[Name] = []
    beside: Name | None = None
    for one in there:
        head = seen.text[begin : one.span.start - seen.start]
        follows = seen.text[one.span.end - seen.start : verb]
        if follows.startswith(("'s", "’s", "-")):
            continue  # what is theirs acts, not they
        if chosen and _are_joined(seen, chosen[-1], one):
            chosen.append(one)
        elif _NO_ACTOR.search(head) or (beside is not None and _are_joined(seen, beside, one)):
            beside = one
        else:
            chosen = [one]
    relative = _RELATIVE.search(seen.text[:begin])
    if not chosen and relative:
        return _subject(seen, relative.start())
    return tuple(chosen) or _joined(seen, there, _BETWEEN_END)


def _are_joined(seen: Seen, one: Name, other: Name) -> bool:
    return _AND.fullmatch(seen.text[one.span.end - seen.start : other.span.start - seen.start]) is not None


def _objects(seen: Seen, end: int, until: int) -> tuple[Name, ...]:
    """Those whom it concerns: named after the verb, directly or behind a preposition that gives them a part in it."""
    until = _clause_end(seen, end, until)
    found: list[Name] = []
    for one in seen.names:
        begin = one.span.start - seen.start
        if not end <= begin < until or one.kind == PLACE:
            continue
        between = seen.text[end:begin]
        joined = found and _AND.fullmatch(seen.text[found[-1].span.end - seen.start : begin])
        if joined or (_TARGET.search(between) and not _WHERE.search(between)):
            found.append(one)
    return tuple(found)


def _clause_end(seen: Seen, start: int, until: int) -> int:
    stop = _CLAUSE.search(seen.text, start, until)
    return stop.start() if stop else until


def _where(seen: Seen, verb: int, until: int) -> Name | None:
    there = [
        one
        for one in seen.names
        if one.kind in (PLACE, STATE) and _WHERE.search(seen.text[: one.span.start - seen.start])
    ]
    after = [one for one in there if verb < one.span.start - seen.start < until]
    place = next(iter(after), None)
    return place if place is not None else next((one for one in there if one.span.start - seen.start < verb), None)


def _when(seen: Seen, since: int, verb: int, until: int) -> Day | None:
    """The date that stands nearest: after the verb and before the next, else after the one before; not of when it was said."""
    told = [one for one in seen.days if not _SAID_THEN.search(seen.text[: one.span.start - seen.start])]
    after = [one for one in told if verb < one.span.start - seen.start < until]
    before = [one for one in told if since <= one.span.start - seen.start < verb]
    return after[0] if after else before[-1] if before else None


def _said_by(seen: Seen) -> Name | None:
    """In whose words it is told: "according to X", "X said"."""
    for found in _ACCORDING.finditer(seen.text):
        named = next((one for one in seen.names if -4 <= one.span.start - seen.start - found.end() <= 0), None)
        if named is not None:
            return named
    for found in _SAID.finditer(seen.text):
        before = [
            one for one in seen.names if 0 <= found.start() - (one.span.end - seen.start) <= 3 and one.kind != PLACE
        ]
        if before:
            return before[-1]
        after = next((one for one in seen.names if 0 < one.span.start - seen.start - found.end() <= 5), None)
        if after is not None and found[0] == "said" and after.kind != PLACE:
            return after
    return None


def _certainty(seen: Seen, found: re.Match[str], before: str, said_by: Name | None) -> str:
    if _NEGATED.search(before):
        return DENIED
    begin = max((one.end() for one in _CLAUSE.finditer(seen.text, 0, found.start())), default=0)
    if _HEDGED.search(seen.text[begin : found.end()]) or (_INFINITIVE.search(before) and "will" not in before):
        return PROBABLE
    return REPORTED if said_by is not None or _SAID.search(seen.text) or _TOLD.search(seen.text) else ASSERTED


def _acts(seen: Seen, found: re.Match[str]) -> bool:
    """Whether a form is a verb here: one of the past is, one that may be a noun only behind a name, a modal or an adverb."""
    if _PAST.search(found[0]):
        return True
    here = seen.start + found.start()
    before = seen.text[: found.start()]
    named = any(one.span.end == here - 1 for one in seen.names)
    return named or _FINITE.search(before) is not None or _GOES_ON.search(before) is not None


def _joined(seen: Seen, names: Sequence[Name], lead: re.Pattern[str]) -> tuple[Name, ...]:
    """Names behind a preposition, and those joined to them."""
    chosen: list[Name] = []
    for one in names:
        begin = one.span.start - seen.start
        if lead.search(seen.text[:begin]) or (
            chosen and _AND.fullmatch(seen.text[chosen[-1].span.end - seen.start : begin])
        ):
            chosen.append(one)
    return tuple(chosen)


def _in_quotes(seen: Seen, place: int) -> bool:
    return any(one.start <= seen.start + place < one.end for one in seen.quoted)


def _overlaps(start: int, end: int, holders: Sequence[people.Holder]) -> bool:
    return any(one.start < end and start < one.end for one in holders)


def _state_name(hits: Sequence[Hit], start: int) -> str:
    return next((hit.known.name for hit in hits if hit.start == start), "")


def _state_of(country: str) -> str:
    from babel import Locale  # noqa: PLC0415

    return str(Locale("en").territories[country])
