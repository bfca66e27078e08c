"""Twin worlds: whatever is added that a partner may not see, every byte it can get stays the same."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
from collections.abc import Iterator, Sequence
from datetime import date
from importlib.resources import files
from itertools import count
from typing import get_args

import pytest
from tests.node_pair import OPEN, bundle, indicator, make_nodes, stix, stix_id
from tests.twin import (
    HIDDEN,
    JSON,
    MISSING,
    PROGRAMME,
    SECRETS,
    SEEN,
    WORD,
    Twins,
    Work,
    World,
    address,
    guessed,
    later,
    one,
    relation,
    submit,
    visible,
    working,
)
from tests.twin_acts import ACTS, ANNA, HIDDEN_BY_ACTS, RED_MARKING, make_base
from tests.twin_probe import (
    PEER_PROBES,
    ROUTED,
    TAXII_PROBES,
    Asked,
    Probe,
    exported,
    ledgers_probed,
    probed,
    stranger_probed,
)

from foedus.account.bodies import (
    GrantAsked,
    GrantGiven,
    GrantWithdrawn,
    Placed,
    RecallCompleted,
    RecallRequested,
    draft,
)
from foedus.account.ledger import append
from foedus.exchange.peer import server as peer
from foedus.exchange.taxii import paths
from foedus.model import instant
from foedus.node import account, programmes, recall, rotation, serve
from foedus.node.pairs import RATES
from foedus.node.recall import Order, Target
from foedus.node.signing import sign_log
from foedus.node.status import status
from foedus.node.view import pair_log

pytestmark = pytest.mark.e2e
ALL = {**SECRETS, **ACTS}
NEVER_ASKED = count(100_000)
"""A page is kept in memory once it was asked for: a missing object must be another one each time."""


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make_base(tmp_path_factory.mktemp("twins")).directory


@pytest.fixture
def twins(base, tmp_path):
    made = Twins(base, tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def bare(base, tmp_path_factory):
    """Every answer of the world without secrets; it is the same for all of them."""
    made = Twins(base, tmp_path_factory.mktemp("bare"))
    visible(made.bare)
    later(made.bare)
    found = probed(made.bare)
    made.close()
    return found


_COMMITMENT = re.compile(rb'"commitment":{.*?"size":32}')
_HASH = re.compile(rb"[A-Za-z0-9+/_=-]{22,}")


def differ(bare: Sequence[Asked], full: Sequence[Asked]) -> list[str]:
    """Name the requests that were answered differently, with both answers."""
    pairs = zip(bare, full, strict=False)
    different = [f"{one[0]}\n  {one[1]}\n  {other[1]}" for one, other in pairs if one != other]
    return different or (["one was asked more than the other"] if len(bare) != len(full) else [])


@pytest.mark.parametrize("secrets", [list(ALL)[first::8] for first in range(8)], ids="+".join)
def test_a_secret_changes_no_byte_that_a_partner_can_get(twins, bare, secrets):
    visible(twins.full)
    for secret in secrets:
        ALL[secret](twins.full)
    later(twins.full)
    assert len(bare) > 2_000
    assert differ(bare, probed(twins.full)) == []


def fill(made: Twins) -> Iterator[Twins]:
    """Yield both worlds when all secrets are there."""
    made.both(visible)
    for name, secret in ALL.items():
        # To a third party that is frozen the node does not speak, and other tests have it speak.
        if name != "frozen_with_a_third_party":
            secret(made.full)
    made.both(later)
    yield made
    made.close()


@pytest.fixture(scope="module")
def filled(base, tmp_path_factory):
    """Both worlds when all secrets are there, for tests after which they still are alike."""
    yield from fill(Twins(base, tmp_path_factory.mktemp("filled")))


@pytest.fixture
def filled_anew(base, tmp_path):
    """Both worlds when all secrets are there, for one test alone."""
    yield from fill(Twins(base, tmp_path / "filled"))


def test_all_secrets_at_once_change_nothing_either(filled, bare):
    assert differ(probed(filled.bare, changing=False), probed(filled.full, changing=False)) == []
    # They are there, and more was released: to others.
    counted = [status(world.node()) for world in filled]
    assert [sum(one.objects for one in held.released if one.party == "jpn") for held in counted] == [19, 19]
    held, more = ([room.findings for room in one.rooms if room.name == "cyber"][0] for one in counted)
    assert more - held > 130


def test_files_that_people_hand_over_are_the_same(filled, tmp_path):
    bare, full = (exported(world, tmp_path / name) for world, name in zip(filled, ("bare", "full"), strict=True))
    assert bare == full
    assert len(bare) > 4


def test_the_partners_own_node_cannot_tell_the_worlds_apart(base, tmp_path):
    twins = Twins(base, tmp_path)
    twins.both(visible)
    twins.both(World.pull)
    for secret in ALL.values():
        secret(twins.full)
    twins.both(later)
    results = [world.pull() for world in twins]
    assert results[0] == results[1]
    assert (results[0][0].objects, results[0][0].error) == (5, "")
    twins.both(lambda world: world.release("jpn"))
    twins.both(lambda world: world.pull("nato", "jpn"))
    twins.both(World.pull)
    bare, full = (world.dump("jpn") for world in twins)
    assert [pair for pair in zip(bare, full, strict=True) if pair[0] != pair[1]] == []
    scores = [account.score(world.node("jpn"), PROGRAMME) for world in twins]
    assert scores[0] == scores[1]
    twins.close()


def test_what_is_torn_off_changes_the_commitment_alone(twins):
    """How long a hidden part is, and what it says, shows in no length, number or word; where leaves lie is drawn anew."""
    told = []
    for world, text in ((twins.bare, "a"), (twins.full, "QUIET " * 99)):
        visible(world)
        parts = [{"marking_ref": RED_MARKING, "selectors": ["description"]}]
        more = {"name": "m", "description": text, "granular_markings": parts}
        world.put(bundle(stix("malware", 30, is_family=False, **more)))
        assert world.release()[0].counts.redact == 1
        answers = [got for _, got in probed(world, changing=False) if not got.header("content-encoding")]
        bare_of_it = [_COMMITMENT.sub(b"", got.body) for got in answers]
        told.append(
            [(got.status, len(body), _HASH.sub(b"#", body)) for got, body in zip(answers, bare_of_it, strict=True)]
        )
        bodies = b"".join(got.body for got in answers)
        assert stix_id("malware", 30).encode() in bodies
        assert b"QUIET" not in bodies
    assert told[0] == told[1]


def test_a_stranger_gets_the_same_refusal_everywhere(filled):
    bare, full = map(stranger_probed, filled)
    assert differ(bare, full) == []
    assert {got.status for _, got in bare} == {401}


def test_served_over_tls_both_worlds_answer_alike(filled):
    """The same door as in all other tests, but through the real server: its own headers too."""
    told = []
    for world in filled:
        with world.serving("nato"), world.nodes.client("jpn", "nato") as partner:
            urls = [f"/{WORD}/collections/released-cyber/{rest}" for rest in ("objects/", "manifest/?limit=3")]
            urls += [f"{urls[0]}{held}/" for held in (*SEEN[:2], *HIDDEN.values(), MISSING, guessed(9))]
            answers = [partner.get(url) for url in (*urls, f"/peer/{WORD}/entries", "/taxii2/")]
            headers = [[pair for pair in held.headers.raw if pair[0] != b"date"] for held in answers]
            bodies = [held.content for held in answers if held.status_code == 200]
            told.append((headers, bodies, [held.status_code for held in answers]))
    assert told[0] == told[1]


# No endpoint without its probe.


def test_every_kind_of_taxii_endpoint_is_probed():
    assert set(TAXII_PROBES) == set(get_args(paths.Kind))


def test_every_request_between_nodes_is_probed():
    # What was cosigned is asked for by the hash of a log's origin, which is no name of a table.
    assert set(PEER_PROBES) == {*peer._METHODS, "witnessed"}


def test_the_node_gives_requests_to_nobody_else():
    [dispatch] = [held for held in serve.app_of.__code__.co_consts if inspect.iscode(held)]
    assert {held for held in dispatch.co_consts if isinstance(held, str) and held.startswith("/")} == ROUTED


# Hidden is as missing, in what the database does for it as well: the same statements, the same steps of its machine.


def works(world: World, requests: Sequence[tuple[str, str, bytes]]) -> list[Work]:
    door = world.door()
    with working(world.node()) as work:
        done = []
        for method, url, body in requests:
            # Twice: the first may write down that there is a collection, and what is written makes the next look again.
            for _ in range(2):
                door("GET", f"/{WORD}/collections/")
            work()
            door(method, url, body, JSON)
            done.append(work())
    return done


@pytest.mark.parametrize(
    "path",
    [
        "objects/{}/",
        "objects/{}/versions/",
        "objects/{}/?match[version]=all",
        "objects/?match[id]={}",
        "objects/?match[id]={}&match[version]=all&limit=3",
        "manifest/?match[id]={}",
        "manifest/?match[id]={}&match[type]=indicator,malware",
    ],
)
@pytest.mark.parametrize("hidden", ["red", "korea", "unlabelled", "desk", "submitted"])
def test_a_hidden_id_is_as_much_work_as_a_missing_one(filled, path, hidden):
    at = f"/{WORD}/collections/released-cyber/"
    asked = [("GET", at + path.format(held), b"") for held in (HIDDEN[hidden], one(next(NEVER_ASKED)))]
    first, second = works(filled.full, asked)
    assert first == second
    assert first.steps > 10


def test_a_seen_object_with_hidden_versions_is_as_much_work_as_without(filled):
    asked = [("GET", f"/{WORD}/collections/released-cyber/objects/{SEEN[3]}/{rest}", b"") for rest in ("", "versions/")]
    bare, full = (works(world, asked) for world in filled)
    assert bare == full


def held_in(number: int, of: int) -> bytes:
    """An indicator of a host of another."""
    return indicator(number, pattern=f"[domain-name:value = 'host{of}.example']")


# What is held hidden, and what nobody has.
POSTED = {
    "an id": (held_in(503, 9_001), held_in(990, 9_002)),
    "a value": (held_in(9_001, 503), held_in(9_002, 990)),
    "the very bytes": (indicator(500), indicator(991)),
    "an address": (address(7), address(8)),
}


@pytest.mark.parametrize("what", POSTED)
def test_sending_what_is_held_hidden_is_as_much_work_as_sending_what_nobody_has(filled, what):
    url = f"/{WORD}/collections/submit-cyber/objects/"
    sent = [("POST", url, bundle(one)) for one in POSTED[what]]
    bare, full = (works(world, sent) for world in filled)
    assert bare == full
    # Within one world the second finds one submission more of its sender's own.
    assert full[0].statements == full[1].statements
    assert full[0].steps > 100


def test_a_submission_older_than_a_day_is_no_work_for_others(twins):
    done = []
    for world in twins:
        world.put(bundle(indicator(3)))
        if world is twins.full:
            submit(world, "kor", bundle(indicator(1)))
        world.pass_(hours=25)
        url = f"/{WORD}/collections/submit-cyber/objects/"
        done.append(works(world, [("POST", url, bundle(indicator(2)))])[0].steps)
    assert done[0] == done[1]


@pytest.mark.parametrize("what", ["checkpoint", "entries", "consistency?old=1&new=2", "state?log=sent"])
def test_a_programme_of_others_is_as_much_work_as_none(filled, what):
    asked = [("GET", f"/peer/{word}/{what}", b"") for word in ("nato-kor-itpp-2023", "nato-none-itpp-2023")]
    others, none = works(filled.full, asked)
    assert others == none


def test_a_status_of_others_is_as_much_work_as_none(filled):
    others = submit(filled.full, "kor", bundle(indicator(991)))
    ids = (json.loads(others.body)["id"], "00000000-0000-4000-8000-000000000000")
    first, second = works(filled.full, [("GET", f"/{WORD}/status/{held}/", b"") for held in ids])
    assert first == second


# What the partner's own node sends, takes back, asks and claims, about what is hidden, missing and seen: its log, and ours in answer.
# No time passes before: once a countdown is over, what was hidden is not.


def says(world: World, *bodies: Placed) -> None:
    """Enter something in the partner's own log, and have the node read it."""
    node = world.node("jpn")
    with node.store.write() as tx:
        log = pair_log(node, tx, PROGRAMME, "nato")
        append(tx.logs, log, [draft(body) for body in bodies], at=node.clock.now(), entropy=node.entropy)
        sign_log(node, tx, log)
    assert not any(done.error for done in world.pull("nato", "jpn"))


def claims(world: World, object_id: str) -> list[Placed]:
    """All that a partner may say of an object that is not its own: grants asked, given, withdrawn, recalls, answers to recalls."""
    at = instant.text(instant.to_us(world.clock.now()))
    common = {"at": at, "programme": PROGRAMME, "parties": ("jpn", "nato"), "area": "cyber", "object_id": object_id}
    grant = {**common, "grant": hashlib.sha256(object_id.encode()).hexdigest()[:32]}
    until, version = "2026-12-01T00:00:00.000000Z", ("2026-05-03T06:00:00.000Z",)
    return [
        GrantAsked(**grant, recipients=("jpn",), purposes=()),
        GrantGiven(**grant, versions=(), recipients=("nato",), purposes=(), until=until, clause=""),
        GrantWithdrawn(**grant),
        RecallRequested(**common, versions=version, sendings=(1,), reason="wrong", deadline=until),
        RecallCompleted(
            **common, versions=version, log=f"{PROGRAMME}|nato|jpn", entry=3, result="deleted", code="", passed_on_to=()
        ),
    ]


def answered(world: World) -> list[bytes]:
    """Return our log of the pair and all that the view shows, as the partner reads them."""
    door = world.door()
    urls = [f"/peer/{WORD}/{rest}" for rest in ("checkpoint", "entries?start=0&limit=1000")]
    return [door("GET", url).body for url in (*urls, f"/{WORD}/collections/released-cyber/objects/?limit=1000")]


def test_what_the_partner_sends_and_calls_back_is_answered_whatever_is_hidden(filled):
    told = []
    for world in filled:
        own = [indicator(500), indicator(505), indicator(999), *(indicator(n, name="mine") for n in (513, 40))]
        world.put(bundle(*own), OPEN, "jpn")
        world.release("jpn")
        assert not any(done.error for done in world.pull("nato", "jpn"))
        before = answered(world)
        for object_id in map(one, (500, 505, 999, 513, 40)):
            assert recall.recall(world.node("jpn"), ANNA, Target(object_id), Order("wrong"))
        assert not any(done.error for done in world.pull("nato", "jpn"))
        told.append([*before, *answered(world)])
    assert [one == other for one, other in zip(*told, strict=True)] == [True] * 6
    kinds = [line.kind for line in account.show(filled.full.node(), f"{PROGRAMME}|nato|jpn", 0, 1_000)]
    assert kinds.count("recall.completed") == 5


def test_what_the_partner_claims_and_asks_about_is_answered_whatever_is_hidden(filled):
    told = []
    for world in filled:
        ids = (*HIDDEN.values(), *HIDDEN_BY_ACTS, MISSING, SEEN[0], one(20))
        says(world, *(said for object_id in ids for said in claims(world, object_id)))
        world.release()
        told.append(answered(world))
    assert told[0] == told[1]


def rotated(world: World) -> None:
    """Have the node's keys follow others, under every programme, side by side for a month."""
    node = world.node()
    rotation.begin(node, ["log", "cosign"])
    for held in node.agreements.in_force(world.clock.now()):
        path, parties = world.nodes.directory / f"{held.word}.yaml", [party.id for party in held.programme.parties]
        path.write_bytes(held.document.raw)
        card, until = node.directory / rotation.CARD, date(2026, 6, 30)
        raw = programmes.enrol(str(path), [card], version="1.2.0", on=date(2026, 6, 1), old_until=until)
        path.write_bytes(raw)
        for party in parties:
            path.write_bytes(programmes.sign(world.node(party), str(path), role="head"))
        for party in parties:
            programmes.accept(world.node(party), str(path))
    rotation.finish(node)


def test_after_the_keys_of_the_holder_follow_others_both_worlds_are_alike_too(filled_anew):
    """The log of the pair says it and goes on under the new key; what others have in their logs does not move it."""
    # The run also lets go what was approved: once its countdown is over the worlds do differ, so no other test has these.
    for world in filled_anew:
        rotated(world)
        world.put(bundle(indicator(33)))
        world.release()
    bare, full = ([*ledgers_probed(world), *zip("pen", answered(world), strict=True)] for world in filled_anew)
    assert differ(bare, full) == []
    assert len(bare) > 200
    assert filled_anew.full.pull()[0].error == ""


# Limits: of one's own requests, whatever others do, and whether there is what is asked for or not.


# The others have the same bucket, with two thousand tokens.
@pytest.mark.parametrize("kind", sorted(kind for kind, rate in RATES.items() if rate.burst < 1_000))
def test_a_limit_counts_ones_own_requests_alone(filled, kind):
    rate = RATES[kind]
    what = {"witnessed": f"{'0' * 64}/checkpoint", "state": "state?log=sent"}.get(kind, kind)
    method = "POST" if kind in ("receipt", "add-checkpoint") else "GET"
    told = []
    for world in filled:
        world.pass_(hours=1)
        if world is filled.full:
            others = [
                world.door("kor")(method, f"/peer/nato-kor-itpp-2023/{what}").status for _ in range(rate.burst + 1)
            ]
            assert others[-1] == 429
        for word in (WORD, "none"):
            world.pass_(hours=1)
            door = world.door()
            told.append([door(method, f"/peer/{word}/{what}") for _ in range(rate.burst + 2)])
    assert told[0] == told[2]
    assert told[1] == told[3]
    assert [got.status for got in told[0]].count(429) == [got.status for got in told[1]].count(429) == 2
    assert told[0][-1].header("retry-after")


# Ids, statuses, sessions: one's own, and for as long as one's own clock says.


def test_a_status_ends_after_a_day_whether_others_send_something_or_not(twins):
    ended = []
    for world in twins:
        answer = submit(world, "jpn", bundle(indicator(1)))
        url = f"/{WORD}/status/{json.loads(answer.body)['id']}/"
        world.pass_(hours=24)
        assert world.door()("GET", url).status == 200
        world.pass_(hours=1)
        if world is twins.full:
            submit(world, "kor", bundle(indicator(2)))
        ended.append(world.door()("GET", url))
    assert ended[0] == ended[1]
    assert ended[0].status == 404


def test_a_session_counts_for_a_day_whether_others_ask_or_not(twins):
    told = []
    for world in twins:
        world.put(bundle(indicator(1)))
        probe = Probe(world.door())
        PEER_PROBES["ask"](probe)
        world.pass_(hours=25)
        if world is twins.full:
            world.ask("kor")
        PEER_PROBES["ask"](probe)
        told.append(probe.answers)
    assert differ(*told) == []
    # After a day a session that was used is forgotten in both.
    assert [got.status for url, got in told[0] if "/ask {" in url].count(200) == 8


@pytest.fixture
def limited(tmp_path):
    """Twins under a programme whose open clause lets ten objects a day go."""
    text = (files("foedus.programme") / "shipped" / "nato-japan-2023.yaml").read_text()
    clause = text.index("- id: r-open-cti")
    place = text.index("      purposes:", clause)
    path = tmp_path / "limited.yaml"
    path.write_text(text[:place] + "      limit: {count: 10, window: P1D}\n" + text[place:])
    made = Twins(make_nodes(tmp_path / "nodes", {str(path): ("nato", "jpn")}).directory, tmp_path)
    yield made
    made.close()


def test_what_cannot_stand_takes_no_place_under_a_limit(limited):
    """A relation to something hidden does not go: it must not use up a place, or the numbers would tell of it."""
    hidden = [relation(800 + number, one(900 + number), one(901 + number)) for number in range(4)]
    limited.full.put(bundle(*hidden))
    for world in limited:
        world.put(bundle(*map(indicator, range(20))))
    runs = [world.release(to="jpn")[0].counts for world in limited]
    assert [(run.release, run.hold, run.dropped) for run in runs] == [(10, 10, 0), (10, 10, 4)]
    bare, full = (probed(world, changing=False) for world in limited)
    assert differ(bare, full) == []


def test_places_under_a_limit_are_counted_on_from_batch_to_batch(limited):
    limited.bare.put(bundle(*map(indicator, range(1_100))))
    [run] = limited.bare.release(to="jpn")
    assert (run.counts.release, run.counts.hold) == (10, 1_090)
