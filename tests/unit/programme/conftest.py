import copy
import json

import pytest

from foedus.programme import read, read_shipped


def changed(value, pointer, new=..., *, delete=False):
    """A copy of a JSON value with one place set or deleted."""
    out = copy.deepcopy(value)
    *way, last = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
    at = out
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    key = int(last) if isinstance(at, list) else last
    if delete:
        del at[key]
    else:
        at[key] = new
    return out


def as_document(value, name="t.json"):
    return read(json.dumps(value, ensure_ascii=False).encode(), name=name)


@pytest.fixture(scope="session")
def japan():
    return read(read_shipped("nato-japan-2023")).value


@pytest.fixture(scope="session")
def isac():
    return read(read_shipped("isac-charter")).value


@pytest.fixture
def mutate():
    return changed


@pytest.fixture
def document():
    return as_document
