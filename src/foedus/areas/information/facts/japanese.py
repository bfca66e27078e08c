"""One sentence of Japanese: who is in it, and what it says happened. Particles say who acts and whom it concerns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from foedus.areas.information.facts import people
from foedus.areas.information.facts.lexicon import verbs
from foedus.areas.information.facts.names import CAPITAL, Names
from foedus.areas.information.facts.sentence import Seen
from foedus.areas.information.facts.told import (
    ASSERTED,
    DENIED,
    PERSON,
    PLACE,
    PROBABLE,
    REPORTED,
    STATE,
    Fact,
    Name,
    Span,
)

_VERB = re.compile(
    "|".join(
        f"(?P<{what}>(?:{forms})(?=し|す|さ|っ|い|う|る|、|。|を|に|$|が|で))"
        for what, forms in verbs("japanese").items()
    )
)
_ACTS = re.compile(
    r"(?:（[A-Za-z]{2,10}）|）)?(?:の[^、。はがのをにと]{1,8}|政府|外務省|防衛省|国防省|軍|海軍|当局|側)?(?:は|が|も)"
)
_WITH = re.compile(
    r"(?:（[A-Za-z]{2,10}）|）)?(?:の)?(?:政府|外務省|防衛省|国防省|軍|海軍|当局|側)?(?:と|に対し|に対する|を|に|への|から)"
)
_AND = re.compile(r"(?:の政府|政府)?(?:と|及び|および|、|・)")
_HERE = re.compile(r"(?:沖|近海|周辺|市|港)?(?:で|において|における|での)")
_HEDGED = re.compile("とみられる|可能性|見通し|見込み|方針|予定|とされる|という|もよう|模様")
_SAID = re.compile("によると|によれば|と述べ|と語|と明らか|と伝え|と報じ")
_BY = re.compile(
    r"(?:（[A-Za-z]{2,10}）|）)?(?:の)?(?:政府|外務省|防衛省|国防省|軍|海軍|当局|通信)?(?:によると|によれば)"
)
_EMBEDDED = re.compile("(?:する|した|される|された)(?:と|こと|方針|計画)")
_NEGATED = re.compile(r"(?:し|され)?(?:ていない|なかった|ない|ず)")


def names_in(text: str, start: int, known: Names) -> tuple[Name, ...]:
    """Return who and what is named in a sentence."""
    hits = list(known.find(text))
    holders = list(people.japanese(text, hits))
    found = [
        Name(
            text[one.start : one.end], Span(start + one.start, start + one.end), PERSON, one.name, one.country, one.role
        )
        for one in holders
    ]
    for hit in hits:
        if any(one.start < hit.end and hit.start < one.end for one in holders):
            continue
        if hit.known.kind == STATE and hit.end - hit.start == 1 and not _is_abbreviation(text, hit.start, hit.end):
            continue
        kind = hit.known.kind
        if kind == CAPITAL:
            kind = PLACE
        span = Span(start + hit.start, start + hit.end)
        found.append(Name(text[hit.start : hit.end], span, kind, hit.known.name, hit.known.country))
    return tuple(sorted(found, key=lambda one: one.span))


def named_again(text: str, start: int, known: Sequence[Name]) -> Iterator[Name]:
    """Yield those whom a sentence means by their office alone."""
    holders = [people.Holder(0, 0, one.name, one.role, one.country) for one in known]
    for one in people.japanese_again(text, holders):
        span = Span(start + one.start, start + one.end)
        yield Name(text[one.start : one.end], span, PERSON, one.name, one.country, one.role)


def facts_in(seen: Seen) -> Iterator[Fact]:
    """Yield what a sentence says happened."""
    verbs = list(_VERB.finditer(seen.text))
    said_by = next((one for one in seen.names if _BY.match(seen.text, one.span.end - seen.start)), None)
    begin = 0
    for found in verbs:
        if any(one.start <= seen.start + found.start() < one.end for one in seen.quoted):
            continue
        here = [one for one in seen.names if begin <= one.span.start - seen.start < found.start()]
        who = _acting(seen, here) or _acting(
            seen, [one for one in seen.names if one.span.start - seen.start < found.start()]
        )
        if not who:
            continue
        target = tuple(
            one
            for one in here
            if one not in (*who, said_by) and one.kind != PLACE and _WITH.match(seen.text, one.span.end - seen.start)
        )
        rest = seen.text[found.end() :]
        told_later = found is not verbs[-1] and _EMBEDDED.match(rest) is not None
        days = [one for one in seen.days if one.span.start - seen.start < found.start() and not told_later]
        yield Fact(
            what=str(found.lastgroup),
            verb=found[0],
            span=Span(seen.start + found.start(), seen.start + found.end()),
            who=who,
            target=target,
            where=next((one for one in here if _HERE.match(seen.text, one.span.end - seen.start)), None),
            when=days[-1] if days else None,
            certainty=_certainty(seen.text, rest),
            according_to=said_by if said_by not in who else None,
            amounts=tuple(one for one in seen.amounts if begin <= one.span.start - seen.start < found.start()),
        )
        begin = found.end()


def _acting(seen: Seen, names: list[Name]) -> tuple[Name, ...]:
    """Those before は or が, and those joined to them."""
    for number in range(len(names) - 1, -1, -1):
        if names[number].kind == PLACE or not _ACTS.match(seen.text, names[number].span.end - seen.start):
            continue
        chosen = [names[number]]
        for before in reversed(names[:number]):
            if not _AND.fullmatch(seen.text[before.span.end - seen.start : chosen[0].span.start - seen.start]):
                break
            chosen.insert(0, before)
        return tuple(chosen)
    return ()


def _certainty(text: str, rest: str) -> str:
    if _NEGATED.match(rest):
        return DENIED
    if _HEDGED.search(rest):
        return PROBABLE
    return REPORTED if _SAID.search(text) else ASSERTED


def _is_abbreviation(text: str, start: int, end: int) -> bool:
    """Whether a state's one sign stands by itself: before a force or an office, not inside a word."""
    return text[end : end + 1] in "軍政海空大国" and not ("一" <= text[max(0, start - 1) : start] <= "龥")
