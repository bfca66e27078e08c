"""Both ceremonies against a software authenticator, and every way in which an answer can be wrong."""

from __future__ import annotations

import copy
import hashlib
import json

import msgspec
import pytest
from tests.unit.node import persons
from tests.unit.node.authenticator import UP, Authenticator, b64
from tests.unit.node.persons import entries, sign_in

from foedus.errors import InputError, TrustError
from foedus.node import administer, passkeys, sessions

ORIGIN = "https://localhost:8843"
ELSEWHERE = "https://localhost.example:8843"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return persons.made(tmp_path_factory.mktemp("people") / "nato")


@pytest.fixture
def node(base, tmp_path):
    with persons.copy(base, tmp_path / "nato") as opened:
        yield opened


@pytest.fixture
def ann(node):
    return sign_in(node, "ann")


@pytest.fixture
def key(node, ann):
    return registered(node, ann)


def registered(node, person, made=None, label="blue key"):
    made = made or Authenticator()
    passkeys.finish(node, person, made.create(passkeys.begin(node, person), ORIGIN), label)
    return made


def signed_in(node, key, origin=ORIGIN, **lies):
    return passkeys.signed_in(node, key.get(passkeys.begin_sign_in(node), origin, **lies))


def refused(node, answer) -> str:
    with pytest.raises(TrustError) as caught:
        passkeys.signed_in(node, answer)
    return f"{caught.value.code}: {caught.value}"


def not_taken(node, person, answer, label="blue key") -> None:
    with pytest.raises(InputError) as caught:
        passkeys.finish(node, person, answer, label)
    assert caught.value.code == "passkey-refused"
    assert passkeys.passkeys(node, person.name) == []


# What goes well.


@pytest.mark.parametrize("algorithm", [-8, -7, -257])
def test_a_passkey_of_each_algorithm_signs_its_person_in(node, ann, algorithm):
    key = registered(node, ann, Authenticator(algorithm))
    assert [signed_in(node, key) for _ in range(2)] == [ann, ann]
    token = sessions.open_session(node, ann, "passkey")
    assert sessions.resume(node, token) == ann


def test_the_options_are_json_and_ask_for_a_key_of_this_site_that_verifies_its_user(node, ann):
    options = json.loads(json.dumps(passkeys.begin(node, ann)))
    assert options["rp"] == {"name": "Foedus nato", "id": "localhost"}
    assert (options["user"]["name"], options["attestation"]) == ("ann", "none")
    assert [one["alg"] for one in options["pubKeyCredParams"]] == [-8, -7, -257]
    chosen = options["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    asked = json.loads(json.dumps(passkeys.begin_sign_in(node)))
    assert (asked["rpId"], asked["userVerification"], asked["allowCredentials"]) == ("localhost", "required", [])


def test_what_is_kept_of_a_passkey(node, ann, key):
    [held] = passkeys.passkeys(node, "ann")
    assert (held.label, held.transports, held.used) == ("blue key", ("nfc", "usb"), "")
    shown = hashlib.sha256(key.id).hexdigest()
    assert entries(node, "credential.added") == [{"person": "ann", "credential": shown, "by": "ann"}]
    node.clock.move(minutes=3)
    signed_in(node, key)
    assert passkeys.passkeys(node, "ann")[0].used == "2026-06-01T00:03:00.000000Z"


def test_a_person_has_several_under_one_handle_and_none_twice(node, ann, key):
    options = passkeys.begin(node, ann)
    assert [one["id"] for one in options["excludeCredentials"]] == [b64(key.id)]
    node.clock.move(seconds=1)
    second = registered(node, ann, Authenticator(-8), "at home")
    assert second.handle == key.handle
    assert [one.label for one in passkeys.passkeys(node, "ann")] == ["blue key", "at home"]
    with pytest.raises(InputError):
        registered(node, sign_in(node, "bob"), key.clone())
    assert signed_in(node, key) == signed_in(node, second) == ann


def test_an_authenticator_that_does_not_count_is_taken(node, ann):
    key = registered(node, ann, Authenticator(counts=False))
    assert [signed_in(node, key) for _ in range(3)] == [ann] * 3


def test_tries_with_passwords_do_not_keep_a_passkey_out(node, ann, key):
    for _ in range(6):
        with pytest.raises(TrustError):
            persons.people.signed_in(node, "ann", "wrong")
    assert signed_in(node, key) == ann


# Registration that is refused.


@pytest.mark.parametrize(
    "lies",
    [
        {"rp_id": "localhost.example"},
        {"flags": UP},
        {"flags": 0},
        {"challenge": b64(bytes(32))},
        {"kind": "webauthn.get"},
        {"cross_origin": True},
    ],
    ids=str,
)
def test_an_answer_that_is_not_what_was_asked_makes_no_passkey(node, ann, lies):
    not_taken(node, ann, Authenticator().create(passkeys.begin(node, ann), ORIGIN, **lies))
    assert entries(node, "credential.added") == []


@pytest.mark.parametrize("origin", [ELSEWHERE, "http://localhost:8843", "https://localhost", "null"])
def test_another_origin_makes_no_passkey(node, ann, origin):
    not_taken(node, ann, Authenticator().create(passkeys.begin(node, ann), origin))


def test_an_algorithm_that_was_not_asked_for_makes_no_passkey(node, ann):
    not_taken(node, ann, Authenticator(-35).create(passkeys.begin(node, ann), ORIGIN))


def test_a_question_is_for_one_answer_of_one_person_within_five_minutes(node, ann):
    options, key = passkeys.begin(node, ann), Authenticator()
    not_taken(node, sign_in(node, "bob"), key.create(options, ORIGIN))
    not_taken(node, ann, key.create(options, ORIGIN))
    options = passkeys.begin(node, ann)
    node.clock.move(minutes=5)
    not_taken(node, ann, key.create(options, ORIGIN))


def test_a_question_of_signing_in_makes_no_passkey(node, ann):
    asked = {**passkeys.begin(node, ann), "challenge": passkeys.begin_sign_in(node)["challenge"]}
    not_taken(node, ann, Authenticator().create(asked, ORIGIN))


def test_a_person_shut_out_meanwhile_gets_no_passkey(node, ann):
    answer = Authenticator().create(passkeys.begin(node, ann), ORIGIN)
    administer.set_disabled(node, sign_in(node, "root"), "ann", disabled=True)
    not_taken(node, ann, answer)


@pytest.mark.parametrize("label", ["", "  ", "x" * 65, "a\nb"])
def test_a_passkey_needs_a_name_that_can_be_read(node, ann, label):
    with pytest.raises(InputError) as caught:
        passkeys.finish(node, ann, Authenticator().create(passkeys.begin(node, ann), ORIGIN), label)
    assert caught.value.code == "passkey-label"


# Signing in that is refused.


@pytest.mark.parametrize(
    "lies",
    [
        {"origin": ELSEWHERE},
        {"origin": "http://localhost:8843"},
        {"rp_id": "localhost.example"},
        {"flags": UP},
        {"flags": 4},
        {"challenge": b64(bytes(32))},
        {"kind": "webauthn.create"},
        {"cross_origin": True},
        {"handle": bytes(32)},
    ],
    ids=str,
)
def test_an_answer_that_is_not_what_was_asked_signs_nobody_in(node, key, lies):
    answer = key.get(passkeys.begin_sign_in(node), lies.pop("origin", ORIGIN), **lies)
    assert refused(node, answer).startswith("sign-in-refused")
    assert entries(node, "sign-in.refused") == [{"person": "ann", "reason": "passkey", "count": 1}]


def test_an_answer_signs_in_once(node, ann, key):
    answer = key.get(passkeys.begin_sign_in(node), ORIGIN)
    assert passkeys.signed_in(node, answer) == ann
    refused(node, answer)


def test_a_wrong_answer_uses_up_its_question(node, key):
    options = passkeys.begin_sign_in(node)
    refused(node, key.get(options, ELSEWHERE))
    refused(node, key.get(options, ORIGIN))


def test_a_question_expires_after_five_minutes(node, ann, key):
    first, second = passkeys.begin_sign_in(node), passkeys.begin_sign_in(node)
    node.clock.move(minutes=4, seconds=59)
    assert passkeys.signed_in(node, key.get(first, ORIGIN)) == ann
    node.clock.move(seconds=1)
    refused(node, key.get(second, ORIGIN))


def test_a_question_of_registration_signs_nobody_in(node, ann, key):
    options = {**passkeys.begin_sign_in(node), "challenge": passkeys.begin(node, ann)["challenge"]}
    refused(node, key.get(options, ORIGIN))


def test_a_clone_is_told_by_its_count_refused_and_entered(node, ann, key):
    clone = key.clone()
    for _ in range(3):
        signed_in(node, key)
    refused(node, clone.get(passkeys.begin_sign_in(node), ORIGIN))
    assert entries(node, "sign-in.refused") == [{"person": "ann", "reason": "cloned", "count": 1}]
    assert signed_in(node, key) == ann


def test_a_count_that_went_back_to_none_is_a_clones(node, key):
    signed_in(node, key)
    key.count, key.step = 0, 0
    refused(node, key.get(passkeys.begin_sign_in(node), ORIGIN))


def test_a_forged_count_is_no_clone(node, key):
    signed_in(node, key)
    forged = key.clone()
    forged.key, forged.count = Authenticator().key, 0
    refused(node, forged.get(passkeys.begin_sign_in(node), ORIGIN))
    assert [one["reason"] for one in entries(node, "sign-in.refused")] == ["passkey"]


def test_everybody_who_is_not_signed_in_hears_the_same(node, ann, key):
    stranger = Authenticator()
    stranger.handle = key.handle
    root = sign_in(node, "root")
    bobs = registered(node, sign_in(node, "bob"))
    administer.set_disabled(node, root, "bob", disabled=True)
    impostor = bobs.clone()
    impostor.handle = key.handle
    liars = (stranger, bobs, impostor)
    said = {refused(node, one.get(passkeys.begin_sign_in(node), ORIGIN)) for one in liars}
    said.add(refused(node, key.get(passkeys.begin_sign_in(node), ELSEWHERE)))
    assert len(said) == 1
    assert {one["person"] for one in entries(node, "sign-in.refused")} == {"", "bob", "ann"}


def test_a_disabled_persons_passkey_works_again_once_enabled(node, ann, key):
    root = sign_in(node, "root")
    administer.set_disabled(node, root, "ann", disabled=True)
    refused(node, key.get(passkeys.begin_sign_in(node), ORIGIN))
    administer.set_disabled(node, root, "ann", disabled=False)
    assert signed_in(node, key) == ann


@pytest.mark.parametrize("gone", ["id", "rawId", "type", "response"])
@pytest.mark.parametrize("instead", [None, 5, "", "&", [], {}, "é" * 9])
def test_no_shape_of_an_answer_breaks_the_door(node, key, gone, instead):
    answer = key.get(passkeys.begin_sign_in(node), ORIGIN)
    answer[gone] = instead
    refused(node, answer)


@pytest.mark.parametrize("gone", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
@pytest.mark.parametrize("instead", [None, 5, "", "&", "AAAA", {}])
def test_no_part_of_an_answer_breaks_the_door(node, key, gone, instead):
    answer = key.get(passkeys.begin_sign_in(node), ORIGIN)
    answer["response"][gone] = instead
    refused(node, answer)


@pytest.mark.parametrize("instead", [None, 5, "", "&", "AAAA", "o2NmbXRkbm9uZQ", {}])
def test_no_attestation_breaks_the_door(node, ann, instead):
    answer = Authenticator().create(passkeys.begin(node, ann), ORIGIN)
    for part in answer["response"]:
        damaged = copy.deepcopy(answer)
        damaged["response"][part] = instead
        if part != "transports":
            not_taken(node, ann, damaged)


# What is removed, and where passkeys live.


def test_a_removed_passkey_signs_nobody_in_and_ends_what_it_opened(node, ann, key):
    node.clock.move(seconds=1)
    other = registered(node, ann, Authenticator(-8), "at home")
    token = sessions.open_session(node, signed_in(node, key), "passkey")
    shown = passkeys.passkeys(node, "ann")[0].id
    passkeys.remove(node, ann, "ann", shown[:12])
    refused(node, key.get(passkeys.begin_sign_in(node), ORIGIN))
    with pytest.raises(TrustError):
        sessions.resume(node, token)
    assert entries(node, "credential.removed") == [{"person": "ann", "credential": shown, "by": "ann"}]
    assert signed_in(node, other) == ann


def test_one_removes_ones_own_and_an_administrator_anybodys(node, ann, key):
    shown = passkeys.passkeys(node, "ann")[0].id
    with pytest.raises(TrustError) as caught:
        passkeys.remove(node, sign_in(node, "bob"), "ann", shown)
    assert caught.value.code == "administrator-needed"
    for unknown in ("", "0" * 64, "é"):
        with pytest.raises(InputError):
            passkeys.remove(node, ann, "ann", unknown)
    passkeys.remove(node, sign_in(node, "root"), "ann", shown)
    assert passkeys.passkeys(node, "ann") == []


@pytest.mark.parametrize(
    ("host", "port", "site"),
    [
        ("127.0.0.1", 8843, ("localhost", "https://localhost:8843")),
        ("localhost", 443, ("localhost", "https://localhost")),
        ("node.nato.example", 443, ("node.nato.example", "https://node.nato.example")),
        ("node.nato.example", 9101, ("node.nato.example", "https://node.nato.example:9101")),
    ],
)
def test_the_site_is_the_endpoints_host(node, host, port, site):
    node.config = msgspec.structs.replace(node.config, host=host, port=port)
    assert passkeys.site_of(node) == site


def test_an_address_is_no_site(node, ann):
    node.config = msgspec.structs.replace(node.config, host="192.0.2.7")
    with pytest.raises(InputError) as caught:
        passkeys.begin(node, ann)
    assert caught.value.code == "passkey-host"


def test_so_many_questions_are_open_and_no_more(node, ann, key, monkeypatch):
    monkeypatch.setattr(passkeys, "OPEN_CHALLENGES", 3)
    asked = []
    for _ in range(4):
        asked.append(passkeys.begin_sign_in(node))
        node.clock.move(seconds=1)
    refused(node, key.get(asked[0], ORIGIN))
    assert passkeys.signed_in(node, key.get(asked[1], ORIGIN)) == ann


def test_no_representation_shows_a_key_or_a_handle(node, ann, key):
    with node.store.read() as read:
        [kept] = passkeys.kept_passkeys.passkeys_of(read, "ann")
    challenge = passkeys.Challenge(b"hash", "ann", b"handle", 5)
    assert (f"{kept} {challenge}") == "Passkey('ann', 'blue key') Challenge('ann')"
