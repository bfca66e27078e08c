"""What the JSON twins of pages hold, as types: described from here, and read back by the client through them.

Parts that a page takes from the node are the node's own types. A reader ignores fields it does not know.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from foedus.node.account import Line, LogState
from foedus.node.dossier import Dossier
from foedus.node.due import Item
from foedus.node.partners import Partner
from foedus.node.pending import Waiting
from foedus.node.programmes import Held
from foedus.node.show import Shown, Why
from foedus.node.situation import Situation, Wanted
from foedus.node.watch import Standing


class Refused(Struct, frozen=True):
    """An answer that is not what was asked for: a stable code, and what it means in the language of the page."""

    code: str
    status: int = 0
    title: str = ""
    text: str = ""


class Session(Struct, frozen=True):
    """Who is signed in: name, roles, what a form of this session holds, and whether an act asks for the password again."""

    name: str
    roles: tuple[str, ...]
    csrf: str
    fresh: bool


class Queue(Struct, frozen=True):
    """A page of what waits for people; ``next`` asks for what follows."""

    items: tuple[Waiting, ...]
    next: str
    party: str
    parties: tuple[str, ...]
    told: str
    once: str
    seen: str


class Situated(Struct, frozen=True):
    """A page of findings, what it was filtered by, who may have the watch; ``told`` counts what an act about a set did."""

    situation: Situation
    wanted: Wanted
    chosen: dict[str, str]
    labels_by_id: dict[str, str]
    watch_states: tuple[str, ...]
    watchers: tuple[str, ...]
    dismiss_reasons: tuple[str, ...]
    told: dict[str, int]


class Found(Struct, frozen=True):
    """One finding: all that is known of it, its newest version, its picture, what becomes of it for each party, its watch."""

    finding: Dossier
    current: Shown
    drawn: tuple[Any, ...]
    tracks: tuple[dict[str, Any], ...]
    goes: tuple[Why, ...]
    reasons: tuple[str, ...]
    refused: str
    told: str
    stale: bool
    watch: Standing
    watchers: tuple[str, ...]
    dismiss_reasons: tuple[str, ...]
    watch_told: str


class Ledgers(Struct, frozen=True):
    """How it stands with every partner, every log, recalls nobody confirmed, what is due; reports after a verification."""

    partners: tuple[Partner, ...]
    logs: tuple[LogState, ...]
    recalls: tuple[dict[str, Any], ...]
    due: tuple[Item, ...]
    reports: tuple[dict[str, Any], ...]


class Entries(Struct, frozen=True):
    """Entries of a log, the newest first; ``earlier`` is where the page before begins, None at the first entry."""

    log: LogState
    lines: tuple[Line, ...]
    at: int | None
    earlier: int | None
    later: bool


class Entry(Struct, frozen=True):
    """Where an entry stands."""

    log: str
    seq: int


class Year(Struct, frozen=True):
    """An indicator in one year."""

    year: str
    actual: str
    score: float | None


class Indicator(Struct, frozen=True):
    """An indicator with its figures as people read them; ``trend`` on a review alone."""

    id: str
    title: str
    unit: str
    baseline: str
    actual: str
    target: str
    score: float | None
    status: str
    why: str
    entries: tuple[Entry, ...]
    trend: tuple[Year, ...] = ()


class Area(Struct, frozen=True):
    """An area with score, coverage and its indicators."""

    id: str
    title: str
    aim: str
    status: str
    score: float | None
    coverage: float | None
    rooms: tuple[str, ...]
    indicators: tuple[Indicator, ...]


class Objective(Struct, frozen=True):
    """An objective and the areas that serve it; on reviews and side by side with its score and coverage."""

    id: str
    title: str
    areas: tuple[str, ...] = ()
    status: str = ""
    score: float | None = None
    coverage: float | None = None


class Milestone(Struct, frozen=True):
    """A milestone as it stands."""

    id: str
    title: str
    area: str
    due: str
    state: str
    late: bool
    done_on: str
    entries: tuple[Entry, ...]


class Board(Struct, frozen=True):
    """A programme's board; ``chosen`` None where the node holds none."""

    held: tuple[Held, ...]
    chosen: Held | None
    board: dict[str, Any] | None
    objectives: tuple[Objective, ...]
    areas: tuple[Area, ...]
    milestones: tuple[Milestone, ...] = ()


class YearScore(Struct, frozen=True):
    """A programme's score in a year."""

    year: str
    score: float | None
    coverage: float | None
    status: str


class Run(Struct, frozen=True):
    """Entries of a log from one to another, both among them."""

    log: str
    first: int
    last: int


class Rest(Struct, frozen=True):
    """A figure and the entries it rests on; of what went from one party to another ``flow`` says which, where and what."""

    id: str
    title: str
    flow: tuple[str, ...]
    ranges: tuple[Run, ...]


class Review(Struct, frozen=True):
    """The review of a programme's year."""

    word: str
    title: str
    document_version: str
    digest: str
    parties: tuple[str, ...]
    body: str
    period: str
    periods: tuple[str, ...]
    day: str
    years: tuple[str, ...]
    trend: tuple[YearScore, ...]
    objectives: tuple[Objective, ...]
    areas: tuple[Area, ...]
    milestones: tuple[Milestone, ...]
    flows: tuple[dict[str, Any], ...]
    troubles: tuple[dict[str, Any], ...]
    agreed: tuple[dict[str, Any], ...]
    amendments: tuple[dict[str, Any], ...]
    texts: dict[str, dict[str, Any]]
    logs: tuple[LogState, ...]
    rests: tuple[Rest, ...]
    refused: dict[str, str] | None
    may_write: bool
    most: int
    told: str
    has_pdf: bool


class Beside(Struct, frozen=True):
    """A programme beside others."""

    word: str
    title: str
    partners: tuple[str, ...]
    term: str
    in_force: bool
    score: float | None
    coverage: float | None
    status: str
    objectives: tuple[Objective, ...]
    done: int
    milestones: int
    late: tuple[dict[str, Any], ...]
    coming: tuple[dict[str, Any], ...]


class Row(Struct, frozen=True):
    """An area or indicator in each programme, in their order; None: that programme has it not."""

    id: str
    title: str
    cells: tuple[dict[str, Any] | None, ...]


class SideBySide(Struct, frozen=True):
    """All programmes of the own party."""

    programmes: tuple[Beside, ...]
    areas: tuple[Row, ...]
    indicators: tuple[Row, ...]
    today: str


class Loss(Struct, frozen=True):
    """Something an export cannot say, and how many of it there are."""

    code: str
    number: int


class Losses(Struct, frozen=True):
    """What the IATI file of a programme does not say."""

    word: str
    title: str
    losses: tuple[Loss, ...]


class Stated(Struct, frozen=True):
    """An attested indicator: the steps of its scale (none: any number), what each party said last, and whether that counts."""

    id: str
    title: str
    unit: str
    steps: tuple[str, ...]
    said: dict[str, str]
    counts: bool


class Published(Struct, frozen=True):
    """A review that was published."""

    kind: str
    period: str
    public: bool
    sha256: str
    person: str
    at: str


class Statements(Struct, frozen=True):
    """What the parties state for a programme's year, and which reviews were published here."""

    word: str
    title: str
    period: str
    periods: tuple[str, ...]
    parties: tuple[str, ...]
    attested: tuple[Stated, ...]
    published: tuple[Published, ...]


class Holding(Struct, frozen=True):
    """A value, how many findings hold it (``more``: more than that), the newest of them, the lists that warn of it."""

    kind: str
    value: str
    held: int
    more: bool
    warned: tuple[str, ...]
    items: tuple[dict[str, Any], ...]


class Sought(Struct, frozen=True):
    """What was looked for and found: an object of this id (empty: none), or values."""

    q: str
    object_id: str
    values: tuple[Holding, ...]
    refused: str
