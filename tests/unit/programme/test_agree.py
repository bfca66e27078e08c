import base64
import json
from datetime import UTC, date, datetime

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from foedus.errors import BadSignature, ForkedLedger, InvalidProgramme, ProgrammeError, UnknownParty
from foedus.model.programme import Card
from foedus.model.vkey import COSIGNATURE_ED25519, ED25519, VerifierKey
from foedus.programme import (
    add_signature,
    cards_on,
    check,
    diff,
    digest,
    enrol,
    follows,
    fork,
    next_version,
    read,
    read_shipped,
    shipped,
    sign,
    standing,
)

AT = datetime(2026, 6, 1, tzinfo=UTC)
DAY = date(2026, 6, 1)
PARTIES = ("nato", "jpn")


def key(seed):
    return Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)


def card(name, seed, **more):
    def vkey(role, kind, n):
        return VerifierKey(f"{name}.example/{role}", kind, key(n).public_key().public_bytes_raw()).text()

    made = {
        "id": name,
        "endpoint": f"https://{name}.example",
        "ca_spki_sha256": "ab" * 32,
        "sign_key": vkey("sign", ED25519, seed),
        "log_key": vkey("log", ED25519, seed + 1),
        "cosign_key": vkey("cosign", COSIGNATURE_ED25519, seed + 2),
        "seal_key": base64.b64encode(bytes([seed + 3]) * 32).decode(),
    }
    return Card(**{**made, **more})


CARDS = [("nato", card("node-nato", 10)), ("jpn", card("node-jpn", 20))]


@pytest.fixture(scope="module")
def enrolled():
    return read(enrol(read(read_shipped("nato-japan-2023")), CARDS, version="1.1.0", date=DAY))


@pytest.fixture(scope="module")
def agreed(enrolled):
    return signed(signed(enrolled, "nato", 10), "jpn", 20)


def signed(document, party, seed, at=AT):
    return read(add_signature(document, sign(document, key(seed), party=party, role="head-of-delegation", at=at)))


def forged(document, **changes):
    """The document with its last signature changed, past every guard."""
    value = json.loads(json.dumps(document.value))
    value["signatures"][-1].update(changes)
    return read(json.dumps(value).encode())


def codes(document, at=AT):
    return {problem.code for problem in standing(document, at).problems}


def test_enrolment_makes_the_next_version_and_touches_nothing_else(enrolled):
    before = read(read_shipped("nato-japan-2023"))
    old, new = before.raw.decode().splitlines(), enrolled.raw.decode().splitlines()
    assert [line for line in old if line not in new] == ["version: 1.0.0", "amendments: []"]
    assert enrolled.programme.previous.digest == digest(before)
    assert enrolled.programme.version == "1.1.0"
    assert [c.id for p in enrolled.programme.parties for c in p.nodes] == ["node-nato", "node-jpn"]
    assert enrolled.programme.amendments[-1].text == "Enrols the nodes node-nato of nato, node-jpn of jpn."
    assert not [r for r in check(enrolled) if r.severity == "error"]


def test_enrolling_again_replaces_the_card_and_drops_signatures(agreed):
    again = read(enrol(agreed, [("jpn", card("node-jpn", 60))], version="1.2.0", date=DAY))
    (only,) = again.programme.party("jpn").nodes
    assert only == card("node-jpn", 60)
    assert again.programme.signatures == ()
    assert standing(again, AT).missing == PARTIES


@pytest.mark.parametrize("indent", ["yaml", None, 1])
@pytest.mark.parametrize("name", shipped())
def test_every_shipped_programme_goes_from_cards_to_signatures_as_yaml_and_as_json(name, indent):
    start = read(read_shipped(name))
    if indent != "yaml":
        start = read(json.dumps(start.value, ensure_ascii=False, indent=indent).encode())
    parties = [party.id for party in start.programme.parties]
    cards = [(party, card(f"node-{party}", 10 * n)) for n, party in enumerate(parties, 1)]
    document = read(enrol(start, cards, version="9.0.0", date=DAY))
    for n, party in enumerate(parties, 1):
        document = signed(document, party, 10 * n)
    assert [r for r in check(document) if r.severity == "error"] == []
    assert standing(document, AT).missing == ()
    assert standing(document, AT).in_force is (document.programme.status in {"agreed", "in-force"})
    assert indent == "yaml" or json.loads(document.raw) == document.value


def test_amendments_with_texts_in_languages_and_sources_are_kept():
    told = {
        "version": "1.0.0",
        "date": "2026-01-01",
        "text": {"en": "First.", "ja": "初版"},
        "provenance": {"status": "illustrative"},
    }
    text = read_shipped("nato-japan-2023").replace(
        b"amendments: []", b"amendments: [" + json.dumps(told).encode() + b"]"
    )
    made = read(enrol(read(text), CARDS, version="1.1.0", date=DAY))
    assert made.value["amendments"][0] == told
    assert made.value["amendments"][1]["version"] == "1.1.0"


@pytest.mark.parametrize(
    ("cards", "version", "error"),
    [
        ([("moon", card("node-moon", 30))], "1.1.0", UnknownParty),
        ([], "1.0.0", ProgrammeError),
        ([], "0.9.9", ProgrammeError),
        ([("jpn", card("node-jpn", 20, sign_key="x+00000000+AA=="))], "1.1.0", BadSignature),
        ([("jpn", card("node-jpn", 20, log_key=card("n2", 20).cosign_key))], "1.1.0", BadSignature),
        ([("jpn", card("node-jpn", 20, seal_key="AAAA"))], "1.1.0", BadSignature),
        ([("jpn", card("node-jpn", 20, endpoint="http://x"))], "1.1.0", BadSignature),
    ],
)
def test_enrolment_refuses(cards, version, error):
    with pytest.raises(error) as caught:
        enrol(read(read_shipped("nato-japan-2023")), cards, version=version, date=DAY)
    assert caught.value.code


def test_in_force_when_all_have_signed_and_the_term_runs(enrolled, agreed):
    assert standing(agreed, AT).in_force
    assert standing(agreed, AT).signed == PARTIES
    assert standing(agreed, AT).problems == ()
    half = signed(enrolled, "jpn", 20)
    assert standing(half, AT).in_force is False
    assert (standing(half, AT).signed, standing(half, AT).missing) == (("jpn",), ("nato",))
    assert standing(enrolled, AT).missing == PARTIES


@pytest.mark.parametrize(
    ("at", "runs", "code"),
    [
        (datetime(2022, 12, 31, 23, 59, 59, tzinfo=UTC), False, "term-not-begun"),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), True, None),
        (datetime(2027, 1, 1, tzinfo=UTC), False, "term-ended"),
    ],
)
def test_the_term_is_whole_days(agreed, at, runs, code):
    found = standing(agreed, at)
    assert found.in_force is runs
    assert code is None or code in {p.code for p in found.problems}


@pytest.mark.parametrize("status", ["draft", "negotiation", "expired", "terminated", "superseded"])
def test_only_an_agreed_status_is_in_force(enrolled, status):
    document = read(enrolled.raw.replace(b"status: in-force", f"status: {status}".encode()))
    assert codes(signed(signed(document, "nato", 10), "jpn", 20)) == {"status"}


def test_a_signature_that_does_not_count_is_named(agreed):
    flipped = base64.b64encode(bytes(64)).decode()
    assert codes(forged(agreed, value=flipped)) == {"bad-signature"}
    assert codes(forged(agreed, value="not base64")) == {"bad-signature"}
    assert codes(forged(agreed, party="nato")) == {"wrong-party"}
    assert codes(forged(agreed, party="kor")) == {"unknown-party"}
    assert codes(forged(agreed, key_id="node-jpn.example/sign+00000000")) == {"unknown-key"}
    assert codes(forged(agreed, at="2026-06-02T00:00:00Z")) == {"future"}
    for broken in ({"value": flipped}, {"party": "nato"}, {"key_id": "x"}):
        assert standing(forged(agreed, **broken), AT).missing == ("jpn",)


def test_one_changed_digit_takes_every_signature_off(agreed):
    changed = read(agreed.raw.replace(b"2026: 120}", b"2026: 121}"))
    assert codes(changed) == {"bad-signature"}
    assert standing(changed, AT).missing == PARTIES
    commented = read(b"# nothing\n" + agreed.raw)
    assert standing(commented, AT).in_force


def test_a_wrong_signature_beside_a_right_one_is_a_problem_but_no_veto(agreed):
    value = json.loads(json.dumps(agreed.value))
    value["signatures"].append({**value["signatures"][0], "value": base64.b64encode(bytes(64)).decode()})
    found = standing(read(json.dumps(value).encode()), AT)
    assert found.in_force
    assert [p.code for p in found.problems] == ["bad-signature"]


def test_a_card_counts_on_its_days_only():
    cards = [CARDS[0], ("jpn", card("node-jpn", 20, until="2026-05-31"))]
    document = read(enrol(read(read_shipped("nato-japan-2023")), cards, version="1.1.0", date=DAY))
    late = sign(document, key(20), party="jpn", role="x", at=AT)
    with pytest.raises(BadSignature) as caught:
        add_signature(document, late)
    assert caught.value.code == "card-not-valid"
    early = sign(document, key(20), party="jpn", role="x", at=datetime(2026, 5, 31, 23, tzinfo=UTC))
    assert standing(read(add_signature(document, early)), AT).signed == ("jpn",)


def test_signing_refuses_foreign_keys_unknown_parties_and_errors(enrolled):
    for party, seed, error in (("jpn", 10, BadSignature), ("jpn", 99, BadSignature), ("kor", 20, UnknownParty)):
        with pytest.raises(error):
            sign(enrolled, key(seed), party=party, role="x", at=AT)
    broken = read(enrolled.raw.replace(b"priority: emerging", b"priority: urgent", 1))
    with pytest.raises(InvalidProgramme):
        sign(broken, key(20), party="jpn", role="x", at=AT)


def test_a_signature_for_another_version_is_not_added(enrolled):
    other = read(enrolled.raw.replace(b"2026: 120}", b"2026: 121}"))
    with pytest.raises(BadSignature):
        add_signature(enrolled, sign(other, key(20), party="jpn", role="x", at=AT))


def test_signing_twice_keeps_one_signature(agreed):
    again = signed(agreed, "jpn", 20, datetime(2026, 6, 2, tzinfo=UTC))
    assert [s.party for s in again.programme.signatures] == ["nato", "jpn"]
    assert again.programme.signatures[1].at == "2026-06-02T00:00:00.000000Z"


def test_two_signed_successors_of_one_version_are_a_fork(enrolled, agreed):
    twin = read(enrolled.raw.replace(b"2026: 120}", b"2026: 121}"))
    fork([agreed, twin, signed(twin, "jpn", 20), agreed])
    with pytest.raises(ForkedLedger) as caught:
        fork([agreed, signed(signed(twin, "nato", 10), "jpn", 20)])
    assert caught.value.code == "programme-forked"


def test_a_successor_is_vouched_for_by_keys_known_before(agreed):
    base = read(read_shipped("nato-japan-2023"))
    assert follows(base, agreed) == ()
    step = read(enrol(agreed, [("jpn", card("node-two", 40))], version="1.2.0", date=DAY))
    both = signed(signed(step, "nato", 10), "jpn", 20)
    assert follows(agreed, both) == ()
    assert {p.code for p in follows(agreed, signed(step, "nato", 10))} == {"not-signed"}
    by_new_key = signed(signed(step, "nato", 10), "jpn", 40)
    assert [(p.code, p.party) for p in follows(agreed, by_new_key)] == [("key-replaced", "jpn")]
    assert {p.code for p in follows(both, agreed)} >= {"not-chained", "version-not-higher"}
    assert follows(read(read_shipped("isac-charter")), agreed)[0].code == "other-programme"


def test_a_stranger_who_signs_with_keys_of_his_own_does_not_follow(agreed):
    rogue = read(
        enrol(agreed, [("nato", card("node-nato", 70)), ("jpn", card("node-jpn", 80))], version="1.2.0", date=DAY)
    )
    rogue = signed(signed(rogue, "nato", 70), "jpn", 80)
    assert standing(rogue, AT).in_force  # by its own word only
    assert [p.party for p in follows(agreed, rogue)] == ["jpn", "nato"]


def test_keys_are_checked_with_the_document(enrolled):
    value = json.loads(json.dumps(enrolled.value))
    value["parties"][0]["nodes"][0]["log_key"] = value["parties"][1]["nodes"][0]["sign_key"]
    value["parties"][0]["nodes"][0]["seal_key"] = "??"
    found = {(r.code, r.pointer) for r in check(read(json.dumps(value).encode())) if r.severity == "error"}
    assert found == {("P164", "/parties/1/nodes/0/sign_key"), ("P163", "/parties/0/nodes/0/seal_key")}


def test_a_card_is_its_document_value(enrolled):
    assert msgspec.convert(enrolled.value["parties"][1]["nodes"][0], Card) == CARDS[1][1]


# From version to version.


def two_cards(agreed, **more):
    """The next version, in which Japan's node has its old card and, beside it, one with another signing key."""
    new = card("node-jpn", 20, sign_key=card("node-jpn", 60).sign_key, **more)
    return read(enrol(agreed, [("jpn", new)], version="1.2.0", date=DAY, old_until=date(2026, 6, 30)))


def test_a_card_with_new_keys_stands_beside_the_old_one_until_its_last_day(agreed):
    both = two_cards(agreed)
    assert [r.code for r in check(both) if r.severity == "error"] == []
    party = both.programme.party("jpn")
    days = (date(2026, 6, 30), date(2026, 7, 1))
    assert [[one.sign_key for one in cards_on(party, day)] for day in days] == [
        [CARDS[1][1].sign_key, card("node-jpn", 60).sign_key],
        [card("node-jpn", 60).sign_key],
    ]


def test_either_key_signs_while_both_hold_and_the_next_version_knows_the_new_one(agreed):
    both = two_cards(agreed)
    by_old, by_new = (signed(signed(both, "nato", 10), "jpn", seed) for seed in (20, 60))
    assert standing(by_old, AT).in_force
    assert standing(by_new, AT).in_force
    assert follows(agreed, by_old) == ()
    assert [p.code for p in follows(agreed, by_new)] == ["key-replaced"]
    after = read(next_version(by_old, by_old, version="1.3.0", date=DAY, text="x"))
    july = datetime(2026, 7, 1, tzinfo=UTC)
    assert follows(by_old, signed(signed(after, "nato", 10, july), "jpn", 60, july)) == ()
    with pytest.raises(BadSignature) as caught:
        signed(after, "jpn", 20, july)
    assert caught.value.code == "card-not-valid"


def test_a_third_card_takes_the_place_of_the_first(agreed):
    third = card("node-jpn", 20, sign_key=card("node-jpn", 70).sign_key)
    made = read(enrol(two_cards(agreed), [("jpn", third)], version="1.3.0", date=DAY, old_until=date(2026, 9, 30)))
    old, new = made.programme.party("jpn").nodes
    assert (old.sign_key, old.until, new) == (card("node-jpn", 60).sign_key, "2026-09-30", third)


def test_a_key_of_another_party_or_another_role_is_no_overlap(agreed):
    value = json.loads(json.dumps(two_cards(agreed).value))
    ours, theirs = value["parties"][1]["nodes"], value["parties"][0]["nodes"]
    for wrong in ({"sign_key": theirs[0]["sign_key"]}, {"log_key": ours[0]["sign_key"]}, {"id": "other"}):
        changed = json.loads(json.dumps(value))
        changed["parties"][1]["nodes"][1].update(wrong)
        assert {r.code for r in check(read(json.dumps(changed).encode())) if r.severity == "error"} == {"P164"}
    del ours[0]["until"]
    assert {r.code for r in check(read(json.dumps(value).encode())) if r.severity == "error"} == {"P101"}


def test_a_card_with_a_key_of_another_party_is_not_signed(agreed):
    stolen = card("node-jpn", 20, log_key=CARDS[0][1].log_key)
    made = read(enrol(agreed, [("jpn", stolen)], version="1.2.0", date=DAY))
    with pytest.raises(InvalidProgramme):
        sign(made, key(20), party="jpn", role="x", at=AT)


def test_an_edited_text_becomes_the_next_version_and_nothing_else_of_it_changes(agreed):
    edited = read(agreed.raw.replace(b"2026: 120}", b"2026: 130}"))
    made = read(next_version(agreed, edited, version="1.2.0", date=DAY, text="A higher target."))
    assert made.programme.previous.digest == digest(agreed)
    assert [one.version for one in made.programme.amendments] == ["1.1.0", "1.2.0"]
    assert made.programme.signatures == ()
    for wrong in ("1.1.0", "1.0.9"):
        with pytest.raises(ProgrammeError):
            next_version(agreed, edited, version=wrong, date=DAY, text="x")
    with pytest.raises(ProgrammeError) as caught:
        next_version(agreed, read(read_shipped("isac-charter")), version="1.2.0", date=DAY, text="x")
    assert caught.value.code == "other-programme"


def without(document, party):
    """The next version of the charter in which a party is named nowhere."""
    text = "\n".join(line for line in document.raw.decode().splitlines() if f"{party}:" not in line)
    text = "\n".join(line for line in text.splitlines() if f"{{id: {party}" not in line).replace(f", {party}", "")
    return read(next_version(document, read(text.encode()), version="1.2.0", date=DAY, text="One leaves."))


MEMBERS = ("gridco", "windpark", "citypower", "meterlab")


@pytest.fixture(scope="module")
def charter():
    cards = [(party, card(f"node-{party}", 10 * n)) for n, party in enumerate(MEMBERS, 1)]
    document = read(enrol(read(read_shipped("isac-charter")), cards, version="1.1.0", date=DAY))
    for n, party in enumerate(MEMBERS, 1):
        document = signed(document, party, 10 * n)
    return document


def test_who_leaves_need_not_sign_and_who_stays_must(charter):
    three = without(charter, "citypower")
    assert [party.id for party in three.programme.parties] == ["gridco", "windpark", "meterlab"]
    two = signed(signed(three, "gridco", 10), "windpark", 20)
    assert [(p.code, p.party) for p in follows(charter, two)] == [("not-signed", "meterlab")]
    whole = signed(two, "meterlab", 40)
    assert standing(whole, AT).in_force
    assert follows(charter, whole) == ()


def test_two_that_put_each_other_out_are_a_fork(charter):
    versions = []
    for gone in ("citypower", "meterlab"):
        document = without(charter, gone)
        for n, party in enumerate(MEMBERS, 1):
            document = signed(document, party, 10 * n) if party != gone else document
        assert follows(charter, document) == ()
        versions.append(document)
    with pytest.raises(ForkedLedger):
        fork(versions)


def test_leaving_lets_nothing_more_go(charter):
    told = diff(charter.programme, without(charter, "citypower").programme, DAY)
    assert {one.effect for one in told} == {"tightening", "neutral"}
    texts = [one.text for one in told]
    assert "citypower leaves as a party: City Power and Heat, organisation" in texts
    assert "citypower left and no longer stands in f-persons" in texts
    assert "City Power and Heat taken from the recipients of r-open" in texts


def test_a_second_card_is_told_in_words(agreed):
    told = [one.text for one in diff(agreed.programme, two_cards(agreed).programme, DAY)]
    assert "node node-jpn (2) of jpn enrolled" in told
    assert "the last day of node node-jpn of party jpn is 2026-06-30, not given before" in told
