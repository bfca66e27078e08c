"""A tour of the demonstration with a browser: one finding from the sensor to the review, by two persons and their keys.

    python -m tests.tour DIRECTORY

writes a picture of every step; the docs show some of them. The nodes are those of ``foedus demo``.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.browsing import Watched, chromium

MEETING = "Met at sea: GOLDEN LOTUS and MORNING CALM"
WAIT_S = 120.0


class Pages(NamedTuple):
    """A party's pages, and the password of its people."""

    base: str
    password: str


@contextlib.contextmanager
def demonstration() -> Iterator[dict[str, Pages]]:
    """Run the demonstration until it serves; gives the pages of each party, as it prints them."""
    command = [Path(sys.executable).with_name("foedus"), "demo"]
    told = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=told)
    assert running.stdout is not None
    found: dict[str, Pages] = {}
    party = ""
    try:
        for line in running.stdout:
            if named := re.match(r"\s+(\w+)\s+status http", line):
                party = named[1]
            if at := re.search(r"pages\s+(\S+?)/?\s+as anna .* password (\w+)", line):
                found[party] = Pages(at[1], at[2])
            if len(found) == 3:
                break
        yield found
    finally:
        running.terminate()
        running.wait(20)
        running.stdout.close()


class Tour:
    """Windows of people, and where their pictures go.

    Args:
        browser: the browser.
        pictures: a directory.
    """

    def __init__(self, browser: object, pictures: Path) -> None:
        self._browser = browser
        self._pictures = pictures
        self._stack = contextlib.ExitStack()
        self.faults: list[str] = []

    def __enter__(self) -> Tour:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def person(self, pages: Pages, name: str, look: str = "en.light.keys") -> Watched:
        """Sign somebody in, in a window of their own."""
        window = self._stack.enter_context(Watched(self._browser, pages.base, look=look))
        window.faults = self.faults
        window.page.set_default_timeout(WAIT_S * 1_000)
        window.go("/sign-in")
        window.page.fill("[name=name]", name)
        window.page.fill("[name=password]", pages.password)
        window.page.keyboard.press("Enter")
        window.page.wait_for_url(lambda url: "sign-in" not in url)
        return window

    def picture(self, window: Watched, name: str) -> None:
        """Take a picture once all is drawn."""
        window.page.wait_for_timeout(800)
        window.page.screenshot(path=self._pictures / f"{name}.png")


def walk(pages: dict[str, Pages], tour: Tour) -> str:
    """Take the tour; return the id of the meeting."""
    anna = tour.person(pages["NATO"], "anna")
    anna.go("/situation?area=maritime&owner=nato")
    tour.picture(anna, "tour-situation")
    address = anna.page.locator("a", has_text=MEETING).first.get_attribute("href")
    assert address is not None
    finding_id = address.rpartition("/")[2].partition("?")[0]
    anna.go(f"/finding/{finding_id}")
    tour.picture(anna, "tour-finding")
    _by_keys(anna, tour, "tour-asked")
    chie = tour.person(pages["NATO"], "chie")
    _by_keys(chie, tour, "tour-approved")
    kenji = tour.person(pages["Japan"], "anna", look="ja.dark.keys")
    _until_there(kenji, finding_id)
    tour.picture(kenji, "tour-partner")
    anna.go("/ledger")
    tour.picture(anna, "tour-ledger")
    _recalled(anna, finding_id)
    tour.picture(anna, "tour-recalled")
    _until_gone(kenji, finding_id)
    anna.go("/programme/review")
    tour.picture(anna, "tour-review")
    return finding_id


def _recalled(window: Watched, finding_id: str) -> None:
    """Call the meeting back from everybody who has it."""
    window.go(f"/finding/{finding_id}")
    window.page.locator("summary", has_text="Call it back").click()
    window.page.locator("button[value=recall]").click()
    window.page.locator("section p", has_text="from Japan").first.wait_for()


def _by_keys(window: Watched, tour: Tour, name: str) -> None:
    """Say yes to the meeting by keys alone."""
    window.go("/release")
    window.page.locator("a", has_text=MEETING).first.focus()
    window.page.keyboard.press("Enter")
    window.page.wait_for_selector("form[data-acts]")
    window.page.wait_for_selector("html[data-ready]", state="attached")
    hint = window.page.locator("[data-hint]:not([hidden])")
    while not hint.count():  # the form is there before what listens to keys is
        window.page.keyboard.press("a")
        window.page.wait_for_timeout(200)
    tour.picture(window, name)
    window.page.keyboard.press("Enter")
    window.page.wait_for_selector(".done")


def _until_there(window: Watched, finding_id: str) -> None:
    """Look again until the partner has it."""
    deadline = time.monotonic() + WAIT_S
    while True:
        answer = window.page.goto(f"/finding/{finding_id}")
        if answer is not None and answer.status == 200:
            window.page.wait_for_selector("html[data-ready]", state="attached")
            return
        assert time.monotonic() < deadline, "the partner never got it"
        time.sleep(2)


def _until_gone(window: Watched, finding_id: str) -> None:
    """Look again until the partner shows it no more as something to rely on."""
    deadline = time.monotonic() + WAIT_S
    while (answer := window.page.goto(f"/finding/{finding_id}")) is None or answer.status == 200:
        if window.page.get_by_text("削除済み").count():
            return
        assert time.monotonic() < deadline, "the partner kept it"
        time.sleep(2)


def main(pictures: Path) -> None:
    """Take the tour and keep its pictures."""
    pictures.mkdir(parents=True, exist_ok=True)
    with demonstration() as pages, chromium() as browser, Tour(browser, pictures) as tour:
        print(walk(pages, tour), tour.faults)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp()))
