"""Written: texts as they stand in a source, without what no text holds; what deceives the eye is kept and marked."""

from __future__ import annotations

import re

MAX_TEXT = 100_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_INVISIBLE = re.compile(r"[\u200b\u2060\ufeff\u00ad\U000e0000-\U000e007f]")
_HASHTAG = re.compile(r"(?<![\w&/])[#＃]([^\W\d_][\w·]{0,99}|\d[\w]{0,60}[^\W\d_]\w{0,38})")
MAX_HASHTAGS = 100


def cleaned(text: str) -> tuple[str, list[str]]:
    r"""Return a text without control characters and with plain line ends, and what was noticed of it.

    >>> cleaned("a\x00b\r\nc\u202ed")
    ('ab\nc\u202ed', ['control-removed', 'bidi-control'])
    """
    noticed: list[str] = []
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(text):
        text = _CONTROL.sub("", text)
        noticed.append("control-removed")
    if _BIDI.search(text):
        noticed.append("bidi-control")
    if _INVISIBLE.search(text):
        noticed.append("invisible-character")
    return text.strip(), noticed


def shown(text: str) -> str:
    """Return a text for people's eyes: without what turns its direction or cannot be seen, on one line."""
    return " ".join(_INVISIBLE.sub("", _BIDI.sub("", text)).split())


def hashtags(text: str) -> list[str]:
    """Return the hashtags of a text, in lower case, each once.

    >>> hashtags("#NATO and #日本 but not #123 or a&#39;b")
    ['nato', '日本']
    """
    return list(dict.fromkeys(one.casefold() for one in _HASHTAG.findall(text)))[:MAX_HASHTAGS]
