"""Labels as people write and read them: ``--label`` text to a Label, and a Label to its marking."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec

from foedus.errors import MalformedRecord
from foedus.label import nato, tlp
from foedus.label.ladder import OPEN, is_open
from foedus.label.names import country_code, country_name, fold
from foedus.model.label import Category, Label, Tlp

CAVEATS: Final = ("ORCON", "NOFORN", "NATO-ONLY", "NOFWD")
SENSITIVITIES: Final = ("ATOMAL", "CRYPTO", "SIOP", "BOHEMIA")

_TLP = re.compile(r"(?i)(?<!\S)TLP:\s?\S+")
_CAVEAT = re.compile(rf"(?i)(?<!\S)(?:{'|'.join(CAVEATS)}|[A-Z]{{3}}-EYES-ONLY)(?!\S)")
_TO = re.compile(r"(?i)(?:^|\s)(?:releasable to|rel to|communicable [aà]) (.+)$")
_ONLY = re.compile(r"(?i)^(.+) (?:only|seulement)$")
_ADMINISTRATIVE = re.compile(r"(?:^|\s)- (.+?)(?=(?:\s(?:releasable|rel) to\s)|$)", re.IGNORECASE)
_WORDS: Final = {"en": ("Only", "Releasable to"), "fr": ("SEULEMENT", "Communicable a")}


def parse_text(
    text: str,
    *,
    levels: Mapping[str, tuple[str, str]] | None = None,
    names: Collection[str] = (),
    originator: str = "",
    created_at: datetime | None = None,
) -> Label:
    """Return the Label of a text such as ``NATO RESTRICTED Releasable to Japan, Switzerland TLP:AMBER ORCON``.

    Args:
        text: policy and classification first, then what the policy adds; TLP and caveats anywhere.
        levels: further levels as people write them ("JPN 秘", "秘") to (policy, classification); see ``Ladder.levels``.
        names: groups and activities that may stand where a state may.
        originator: the party whose label it is.
        created_at: when it was given.

    Raises:
        MalformedRecord: a part of it is not understood, and which.

    >>> parse_text("PUBLIC TLP:CLEAR").tlp
    'clear'
    >>> parse_text("cosmic top secret").classification
    'TOP SECRET'
    """
    rest = " ".join(text.split())
    level_tlp, rest = _take_tlp(rest)
    caveats = tuple(dict.fromkeys(found.upper() for found in _CAVEAT.findall(rest)))
    rest = " ".join(_CAVEAT.sub(" ", rest).split())
    policy, classification, context, rest = _take_level(rest, levels or {})
    label = _rest(Label(policy, classification), context, rest, frozenset(map(fold, names)))
    return msgspec.structs.replace(label, tlp=level_tlp, caveats=caveats, originator=originator, created_at=created_at)


def _refuse(message: str, hint: str = "") -> MalformedRecord:
    return MalformedRecord(message, code="label-text", where="label", hint=hint)


def _take_tlp(text: str) -> tuple[Tlp | None, str]:
    found = {tlp.parse(written) for written in _TLP.findall(text)}
    if len(found) > 1:
        raise _refuse("two different TLP markings", hint="write one")
    return (found.pop() if found else None), " ".join(_TLP.sub(" ", text).split())


def _take_level(text: str, levels: Mapping[str, tuple[str, str]]) -> tuple[str, str, str, str]:
    """Return policy, classification, NATO context and what stands after them, by the longest name that fits."""
    known = dict.fromkeys(("PUBLIC UNMARKED", *OPEN), (*OPEN, ""))
    known |= {name: (policy, classification, "") for name, (policy, classification) in levels.items()}
    for level in nato.LEVELS:
        known |= {f"NATO/{context} {level}": (nato.POLICY, level, context) for context in nato.CONTEXTS}
        known[f"NATO {level}"] = (nato.POLICY, level, nato.POLICY)
    known["COSMIC TOP SECRET"] = (nato.POLICY, "TOP SECRET", nato.POLICY)
    words = text.split()
    named = {fold(name): meant for name, meant in known.items()}
    for count in range(len(words), 0, -1):
        meant = named.get(fold(" ".join(words[:count])))
        if meant is not None:
            context = nato.POLICY if meant[0] == nato.POLICY and not meant[2] else meant[2]
            return meant[0], meant[1], context, " ".join(words[count:])
    hint = "begin with one of " + ", ".join(dict.fromkeys((*[f"NATO {x}" for x in nato.LEVELS], "PUBLIC", *levels)))
    raise _refuse(f"no known policy and classification at the start of {text!r}", hint)


def _rest(label: Label, context: str, text: str, names: frozenset[str]) -> Label:
    administrative, text = _take(_ADMINISTRATIVE, text)
    to, text = _take(_TO, text)
    sensitivity = []
    words = text.split()
    while words and words[0].upper() in SENSITIVITIES and nato.is_nato(label):
        sensitivity.append(words.pop(0).upper())
    only, text = _take(_ONLY, " ".join(words))
    if text:
        hint = "a classification is followed by '… Only', 'Releasable to …', '- …', caveats and a TLP"
        raise _refuse(f"{text!r} is not understood", hint)
    allowed = tuple(_name(value, names) for value in _listed(only))
    wider = tuple(_name(value, names) for value in _listed(to))
    if not nato.is_nato(label):
        return _other(label, allowed, wider, administrative)
    made = nato.label(
        label.classification,
        context=context,
        only=allowed,
        to=tuple(value for value in wider if value != context),
        sensitivity=tuple(sensitivity),
        administrative=tuple(value.upper() for value in re.split(r"[,\s]+", administrative) if value),
    )
    for problem in nato.problems(made):
        raise _refuse(problem)
    return made


def _other(label: Label, only: tuple[str, ...], to: tuple[str, ...], administrative: str) -> Label:
    if administrative:
        raise _refuse(f"{label.policy} has no administrative markings")
    if is_open(label) and (only or to):
        raise _refuse("PUBLIC has no limit that could be widened or narrowed", hint="use the TLP")
    given = ((nato.ONLY, only), (nato.RELEASABLE_TO, to))
    return Label(
        label.policy,
        label.classification,
        tuple(Category(name, "PERMISSIVE", values) for name, values in given if values),
    )


def _take(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    match = pattern.search(text)
    if match is None:
        return "", text
    return match[1].strip(), " ".join((text[: match.start()] + " " + text[match.end() :]).split())


def _listed(text: str) -> list[str]:
    values = [value.strip() for value in text.split(",")] if text else []
    if "" in values:
        raise _refuse("an empty place in a list of states")
    return values


def _name(value: str, names: frozenset[str]) -> str:
    code = country_code(value)
    if code is not None:
        return code
    if fold(value) in names or value.upper() in nato.CONTEXTS:
        return value.upper()
    raise _refuse(f"{value!r} is no state or group that is known here", hint="write a short name or an alpha-3 code")


def marking(label: Label, language: Literal["en", "fr"] = "en") -> str:
    """Return the marking of a label as people read it; names and values in label order.

    Source: ADatP-4774 Appendix 2, Tables 17 and 18; caveats and TLP follow (ours).

    >>> marking(nato.label("RESTRICTED", to=("JPN", "CHE")))
    'NATO RESTRICTED Releasable to Japan, Switzerland'
    """
    if is_open(label):
        parts = [OPEN[0]]
    elif nato.is_nato(label):
        parts = _nato_parts(label, language)
    else:
        parts = [label.policy, label.classification, *_permissive_parts(label, language)]
        told = {nato.ONLY, nato.RELEASABLE_TO}
        parts += [value for c in label.categories if c.tag_set not in told for value in c.values]
    parts += label.caveats
    if label.tlp is not None:
        parts.append(tlp.render(label.tlp))
    return " ".join(parts)


def _nato_parts(label: Label, language: Literal["en", "fr"]) -> list[str]:
    context = next(iter(nato.contexts(label)), nato.POLICY)
    classification = label.classification.upper()
    policy = nato.POLICY if fold(context) == "nato" else f"NATO/{context}"
    if classification == "TOP SECRET" and policy == nato.POLICY:
        policy = "COSMIC"
    if language == "fr" and classification in nato.LEVELS:
        classification = nato.LEVELS_FR[nato.LEVELS.index(classification)]
    parts = [policy, classification, *label.values(nato.SENSITIVITY), *_permissive_parts(label, language)]
    administrative = label.values(nato.ADMINISTRATIVE)
    return [*parts, "- " + " ".join(administrative)] if administrative else parts


def _permissive_parts(label: Label, language: Literal["en", "fr"]) -> list[str]:
    only_word, to_words = _WORDS[language]
    only = ", ".join(country_name(value, language) for value in label.values(nato.ONLY))
    to = ", ".join(country_name(value, language) for value in nato.releasable(label))
    return [f"{only} {only_word}"] * bool(only) + [f"{to_words} {to}"] * bool(to)
