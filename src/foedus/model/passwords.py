"""What a password must be: long, and none that everybody tries first. No rule says which characters it holds.

Source: NIST SP 800-63B-4 section 3.1.1.2; OWASP ASVS 5.0.0 section 6.2.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable

MIN_CHARS = 12
MAX_CHARS = 1_024

# What lists of stolen passwords begin with, without digits and signs: those with twelve characters are built from these.
_WORDS = """
    abc abcd abcdef admin administrator asdf asdfghjkl baseball batman changeme computer correcthorsebatterystaple default dragon
    facebook football foedus foo freedom guest hello iloveyou letmein login london love master michael monkey mustang nothing
    pass passphrase passw passwd password princess pokemon qazwsx qqww qwer qwert qwertz qwerty qwertyuiop qwertyui root samsung
    secret shadow starwars sunshine superman temp test testtest trustno user welcome whatever zaqxsw zxcvbn zxcvbnm zaqwsx
    """
_COMMONEST = frozenset(_WORDS.split())
_RUNS = (
    "1234567890",
    "0987654321",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb",
)
# Signs that stand for letters within a word; before and after it they stand for themselves.
_LOOKS = str.maketrans("@$013457", "asoieast")
_ENDS = string.digits + string.punctuation


def normal(password: str) -> str:
    """Return a password as it is hashed (Unicode NFC), so that every keyboard gives the same."""
    return unicodedata.normalize("NFC", password)


def weakness(password: str, known: Iterable[str] = ()) -> str:
    """Say why a password is not taken; empty where it is.

    Args:
        password: the password, normalised.
        known: words that stand near it, such as the person's name.

    >>> weakness("four quiet herons at dusk")
    ''
    >>> weakness("short"), weakness("Password123456!")
    ('shorter than 12 characters', 'one of the first that anybody tries')
    """
    if len(password) < MIN_CHARS:
        return f"shorter than {MIN_CHARS} characters"
    if len(password) > MAX_CHARS:
        return f"longer than {MAX_CHARS:,} characters"
    folded = password.casefold()
    bares = (_letters(folded), _letters(folded.strip(_ENDS).translate(_LOOKS)))
    if any(_made_of(bare, {_letters(word) for word in known} - {""}) for bare in bares):
        return "the name, or a word that stands beside it"
    if _repeats(folded) or any(folded in run * 8 for run in _RUNS) or any(_made_of(bare, _COMMONEST) for bare in bares):
        return "one of the first that anybody tries"
    return ""


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalpha())


def _made_of(bare: str, words: Iterable[str]) -> bool:
    """Say whether letters are one word, once or again and again."""
    return bool(bare) and any(bare == word * (len(bare) // len(word)) for word in words)


def _repeats(folded: str) -> bool:
    """Say whether up to four characters come again and again."""
    return re.fullmatch(r"(.{1,4}?)\1+", folded, re.DOTALL) is not None
