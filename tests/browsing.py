"""A real browser over the pages of a node: Debian's chromium, every other host blocked, what it complains about kept."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

CHROMIUM = Path("/usr/bin/chromium")
PICTURES = Path(__file__).parents[1] / "build" / "pictures"
AXE = Path(__file__).parent / "data" / "axe-core-4.14.1" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@contextlib.contextmanager
def chromium() -> Iterator[object]:
    """Start the browser; skips where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip("chromium is not on this machine (apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--enable-unsafe-swiftshader"]
        )
        yield browser
        browser.close()


class Watched:
    """A browser's window in which everything untoward is kept: errors, dialogs, requests to any other host."""

    def __init__(self, browser, base: str, *, look: str = "en.light.keys", width: int = 1400, **more) -> None:
        self.base = base
        self.context = browser.new_context(base_url=base, viewport={"width": width, "height": 900}, **more)
        self.context.add_cookies([{"name": "foedus-look", "value": look, "url": base}])
        self.context.route("**/*", self._route)
        self.faults: list[str] = []
        self.page = self.context.new_page()
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", self._dialog)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()

    def cookie(self, name: str, value: str) -> None:
        """Give the window a session."""
        self.context.add_cookies(
            [{"name": name, "value": value, "url": self.base.replace("http:", "https:"), "sameSite": "Strict"}]
        )

    def go(self, path: str):
        """Open a page and wait until what it draws is drawn."""
        self.page.goto(path)
        self.page.wait_for_selector("html[data-ready]", state="attached")
        return self.page

    def keep_picture(self, name: str) -> None:
        """Keep how the page looks, for people: in ``build/pictures``, which CI keeps and nobody compares."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)

    def violations(self) -> list[str]:
        """Return what axe finds against the page."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("rules => axe.run(document, {runOnly: rules, preload: false})", RULES)
        return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]

    def _route(self, route) -> None:
        if urlsplit(route.request.url).netloc == urlsplit(self.base).netloc or route.request.url.startswith("blob:"):
            route.continue_()
        else:
            self.faults.append(f"asked {route.request.url}")
            route.abort()

    def _dialog(self, dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()
