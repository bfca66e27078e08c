"""Both languages say the same things, and every word that a template asks for is there."""

import re
import string
from pathlib import Path

import pytest

import foedus.web
from foedus.model.people import ROLES
from foedus.node.config import Config
from foedus.web.words import LANGUAGES, Words, preferred, texts

TEMPLATES = sorted((Path(foedus.web.__file__).parent / "templates").glob("*.html"))


def fields(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_both_languages_have_the_same_keys():
    assert texts("en").keys() == texts("ja").keys()


def test_both_languages_put_the_same_values_in():
    assert {key: fields(text) for key, text in texts("en").items()} == {
        key: fields(text) for key, text in texts("ja").items()
    }


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_every_key_of_a_template_is_there(template):
    text = template.read_text()
    asked = re.findall(r"""\bt\(["']([a-z-]+(?:\.[a-zA-Z_-]+)+)["'](?! ~)""", text)
    counted = [f"{key}.one" for key in re.findall(r"""t\.count\(["']([^"']+)["']""", text)]
    assert {*asked, *counted} <= texts("en").keys()


def test_every_setting_of_a_node_and_every_role_is_explained():
    explained = {f"of-node.{name}" for name in Config.__struct_fields__}
    assert (
        explained | {f"people.may.{role}" for role in ROLES} | {f"role.{role}" for role in ROLES} <= texts("en").keys()
    )


def test_no_japanese_text_was_left_in_english():
    same = [key for key, text in texts("ja").items() if text == texts("en")[key] and re.search("[a-z]{4}", text)]
    assert same == []


def test_a_missing_key_is_no_empty_text():
    with pytest.raises(KeyError):
        Words("en")("no.such.key")


@pytest.mark.parametrize("header", ["", "fr", "x;q=oops", ",;,", "de;q=0.9,fr"])
def test_who_asks_for_neither_reads_english(header):
    assert preferred(header) == "en"
    assert set(LANGUAGES) == {"en", "ja"}
