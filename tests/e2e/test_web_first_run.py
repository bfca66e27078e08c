"""The first page of all: whoever has the token makes one node and is its first administrator; nobody else makes anything."""

import re
import subprocess
import sys
from urllib.parse import urlsplit

import httpx
import pytest
from tests.node_pair import free_port
from tests.web_site import SAME_SITE, texts

from foedus.errors import InputError
from foedus.exchange.serving import serving
from foedus.node import people
from foedus.node.home import Node
from foedus.node.setup import Setup
from foedus.web.first_run import application

FOEDUS = (sys.executable, "-c", "from foedus.cli.main import main; main(prog_name='foedus')")
FORM = {
    "programme": "nato-japan-2023", "party": "jpn", "name": "tokyo", "port": "9443", "person": "Aya",
    "password": "four quiet herons at dusk",
}  # fmt: skip


@pytest.fixture
def waiting(tmp_path):
    return Setup(tmp_path / "node", f"127.0.0.1:{free_port()}")


@pytest.fixture
def client(waiting):
    with serving(application(waiting)) as base:
        with httpx.Client(
            base_url=f"http://localhost:{urlsplit(base).port}", trust_env=False, headers=SAME_SITE
        ) as client:
            yield client


@pytest.fixture(scope="module")
def idle(tmp_path_factory):
    return Setup(tmp_path_factory.mktemp("idle") / "node", f"127.0.0.1:{free_port()}")


@pytest.fixture(scope="module")
def asking(idle):
    """Asks where no test makes anything."""
    with serving(application(idle)) as base:
        with httpx.Client(
            base_url=f"http://localhost:{urlsplit(base).port}", trust_env=False, headers=SAME_SITE
        ) as client:
            yield client


def sent(client, waiting, **changed):
    return client.post("/", data={"token": waiting.token, **FORM, **changed})


def test_from_the_token_to_a_node_whose_administrator_signs_in(client, waiting):
    first = client.get(f"/?token={waiting.token}")
    assert "nato-japan-2023" in first.text
    second = client.get(f"/?token={waiting.token}&programme=nato-japan-2023")
    assert texts(second, "//select[@name='party']/option") == ["North Atlantic Treaty Organization", "Japan"]
    made = sent(client, waiting)
    assert made.status_code == 200
    assert f"foedus --node {waiting.directory} node serve" in made.text
    assert waiting.done.is_set()
    with Node.open(waiting.directory) as node:
        assert (node.party, node.config.name, node.config.port, node.config.web) == ("jpn", "tokyo", 9443, waiting.web)
        assert people.signed_in(node, "Aya", FORM["password"]).roles == ("administrator",)


def test_the_token_is_good_for_one_node(client, waiting):
    assert sent(client, waiting).status_code == 200
    assert client.get(f"/?token={waiting.token}").status_code == 403
    assert sent(client, waiting, name="other").status_code == 403


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_without_the_token_nothing_is_shown_and_nothing_made(asking, idle, token):
    answer = asking.get("/", params={"token": token})
    assert answer.status_code == 403
    assert str(idle.directory) not in answer.text
    assert asking.post("/", data={**FORM, "token": token}).status_code == 403
    assert not idle.directory.exists()


def test_another_sites_page_makes_nothing_even_with_the_token(asking, idle):
    answer = asking.post("/", data={"token": idle.token, **FORM}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert asking.get(f"/?token={idle.token}", headers={"host": "evil.example"}).status_code == 421
    assert not idle.directory.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"programme": "nowhere.yaml"}, "No such file"), ({"party": "xyz"}, "does not name this party"), ({"name": "Tokyo!"}, "Not a name for a node"),
        ({"port": "0"}, "Not a port"), ({"port": "99999999"}, "Not a port"), ({"person": "a/b"}, "Not a name"), ({"password": "hunter2"}, "Not taken"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_field_and_nothing_is_made(asking, idle, changed, said):
    page = sent(asking, idle, **changed)
    assert page.status_code == 422
    [why] = texts(page, "//*[@class='wrong']")
    assert said in why
    kept = {**FORM, **changed}
    assert all(
        kept[name] in page.text
        for name in ("programme", *(("name", "port", "person") if "programme" not in changed else ()))
    )
    assert kept["password"] not in page.text
    assert not idle.directory.exists()


def test_a_programme_with_mistakes_is_refused_by_its_field(asking, idle, tmp_path):
    path = tmp_path / "broken.yaml"
    path.write_text("id: 1\n")
    page = asking.get("/", params={"token": idle.token, "programme": str(path)})
    assert page.status_code == 422
    assert "This programme has mistakes" in texts(page, "//*[@class='wrong']")[0]


def test_the_form_speaks_japanese(asking, idle):
    page = asking.get(f"/?token={idle.token}&programme=nato-japan-2023&language=ja")
    assert page.text.strip().startswith('<!doctype html>\n<html lang="ja">')
    assert "日本国" in texts(page, "//select[@name='party']/option")


def test_a_directory_that_holds_something_or_an_address_others_reach_is_refused(tmp_path):
    (tmp_path / "something").touch()
    with pytest.raises(InputError, match="not empty"):
        Setup(tmp_path, "127.0.0.1:8080")
    with pytest.raises(InputError, match="loopback"):
        Setup(tmp_path / "new", "0.0.0.0:8080")


def test_the_command_prints_the_address_and_ends_with_the_node(tmp_path):
    command = [*FOEDUS, "node", "setup", str(tmp_path / "node"), "--web", f"127.0.0.1:{free_port()}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        found = re.search(r"(http://\S+)/\?token=(\w+)", process.stderr.readline())
        with httpx.Client(transport=httpx.HTTPTransport(retries=5), trust_env=False, timeout=30) as client:
            answer = client.post(f"{found[1]}/", data={**FORM, "token": found[2]}, headers=SAME_SITE)
        assert answer.status_code == 200
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    assert "A node of jpn was made." in out
