"""Elements of HTML and SVG as text; whatever is put into them is escaped, for it may be a partner's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from math import floor, isfinite, log10


def text(value: object) -> str:
    r"""Return a value as text that no browser takes for anything else; what no font shows is marked.

    >>> text("<b>"), text("a\x07b")
    ('&lt;b&gt;', 'a\ufffdb')
    """
    return escape("".join(char if char.isprintable() or char in "\n\t" else "\ufffd" for char in str(value)))


def element(name: str, inner: str = "", **attributes: object) -> str:
    """Return an element around markup; a trailing underscore keeps a name from being Python's, others stand for ``-``.

    >>> element("circle", cx=1, class_="dot", stroke_width=2)
    '<circle cx="1" class="dot" stroke-width="2"></circle>'
    """
    given = "".join(f' {key.rstrip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items())
    return f"<{name}{given}>{inner}</{name}>"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table that scrolls by itself where it is wide."""
    head = "".join(element("th", text(one), scope="col") for one in columns)
    body = "".join(element("tr", "".join(element("td", text(cell)) for cell in row)) for row in rows)
    return element(
        "div",
        element("table", element("thead", element("tr", head)) + element("tbody", body)),
        class_="scroll",
        tabindex=0,
        role="group",
    )


def short(value: float) -> str:
    """Return a number of a drawing, short.

    >>> short(1.0), short(0.123456)
    ('1', '0.12')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers that divide a span.

    >>> ticks(0, 9.3)
    [0.0, 2.0, 4.0, 6.0, 8.0]
    """
    span = high - low
    rough = span / most
    # What is no span, or too small or large to be divided in floating point, has one number.
    if not isfinite(span) or rough <= abs(low) * 1e-9 + 1e-290:
        return [low]
    size = 10.0 ** floor(log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough)
    first = -(-low // step)
    return [round((first + n) * step, 10) for n in range(most + 2) if (first + n) * step <= high]
