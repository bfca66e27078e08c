"""Pages on paper: the print template as a PDF, by WeasyPrint (extra ``pdf``); nothing is fetched while it is made."""

from __future__ import annotations

import warnings
from importlib import import_module, resources
from importlib.util import find_spec
from typing import Any

from foedus.errors import InputError
from foedus.web import render
from foedus.web.answer import Shown
from foedus.web.visit import Visit

_SHEET = "review.css"


def available() -> bool:
    """Say whether this node can make PDFs."""
    return find_spec("weasyprint") is not None


def rendered(visit: Visit, page: Shown) -> bytes:
    """Return a page as a PDF; fonts are embedded, and the same page gives the same bytes.

    Raises:
        InputError: the extra is not installed, or Pango is not on this machine.
    """
    try:
        weasyprint = import_module("weasyprint")
    except (ImportError, OSError) as error:
        raise InputError(
            "no PDFs here", code="pdf-absent", hint="pip install 'foedus[pdf]', apt install libpango-1.0-0"
        ) from error
    text = render.html(visit, page, version="")
    sheet = weasyprint.CSS(string=_sheet(), url_fetcher=_nothing)
    base = f"http://{visit.asked.headers.get('host', 'localhost')}/"
    with warnings.catch_warnings():
        # What fonts of this machine lack is no fault of the page.
        warnings.simplefilter("ignore")
        made = weasyprint.HTML(string=text, base_url=base, url_fetcher=_nothing).write_pdf(
            stylesheets=[sheet], pdf_variant="pdf/ua-1"
        )
    return bytes(made)


def _sheet() -> str:
    return resources.files(__package__).joinpath("static", _SHEET).read_text(encoding="utf-8")


def _nothing(url: str, *_: Any, **__: Any) -> Any:
    """Fetch nothing: all that is on the paper is in the page."""
    raise ValueError(f"not fetched: {url[:60]}")
