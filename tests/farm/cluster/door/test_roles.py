"""Who may do what: the whole table, without sockets."""

from __future__ import annotations

import pytest

from farm.cluster.door.roles import NEEDED, Deed, Person, Role

ALLOWED = {
    Role.VIEW: {Deed.VIEW, Deed.LOG},
    Role.RUN: {Deed.VIEW, Deed.LOG, Deed.SUBMIT, Deed.JOBS, Deed.FOLLOW, Deed.STOP},
    Role.OPERATE: set(Deed),
}


@pytest.mark.parametrize("role", Role)
def test_each_role_may_do_its_deeds_and_no_other(role: Role) -> None:
    person = Person("ann", role)
    assert {deed for deed in Deed if person.may(deed)} == ALLOWED[role]


def test_every_deed_needs_a_role() -> None:
    assert set(NEEDED) == set(Deed)


def test_only_those_who_operate_have_the_jobs_of_others() -> None:
    assert [role for role in Role if Person("ann", role).may_use_all_jobs] == [Role.OPERATE]


def test_a_refusal_says_who_you_are_your_role_and_the_one_that_is_needed() -> None:
    assert Person("ann", Role.VIEW).refusal(Deed.HOLD) == (
        "you are ann, with the role view: to hold needs the role operate"
    )
