"""A Picture as static HTML and SVG: no script, no style of its own, everything escaped, a table beside every drawing."""

from foedus.picture.page import Texts, render

__all__ = ["Texts", "render"]
