"""Four eyes: two persons with two roles."""

from __future__ import annotations

import pytest

from foedus.errors import TrustError
from foedus.model.people import Person, require_two

ANN, BO = Person("ann", ("releaser",)), Person("bo", ("approver",))
BOTH = Person("cy", ("releaser", "approver"))


@pytest.mark.parametrize("persons", [(ANN, BO), (BO, ANN), (BOTH, BO), (ANN, BOTH)])
def test_a_releaser_and_another_person_who_approves(persons):
    require_two(persons, "it")


@pytest.mark.parametrize("persons", [(), (ANN,), (BOTH,), (BOTH, BOTH), (ANN, ANN), (BO, Person("di", ("approver",)))])
def test_one_person_or_one_role_is_not_enough(persons):
    with pytest.raises(TrustError) as caught:
        require_two(persons, "it")
    assert caught.value.code == "four-eyes"
