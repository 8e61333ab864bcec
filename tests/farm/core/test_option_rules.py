"""Options that have an effect only beside others."""

from __future__ import annotations

from farm.core.option_rules import SPEC_RULES, Misfit, Rule, misfits
from farm.core.sweep_spec import options

RULES = (Rule(("--a", "--b"), needs=("--c", "--d")), Rule(("--e",), excludes=("--c",), advice="choose"))


def test_an_option_without_what_it_needs_has_no_effect() -> None:
    message = "--a needs --c or --d: add it, or leave --a out"
    assert list(misfits(RULES, {"--a", "--e"})) == [Misfit("--a", message)]


def test_an_option_beside_one_that_excludes_it_has_no_effect() -> None:
    assert list(misfits(RULES, {"--b", "--c", "--e"})) == [Misfit("--e", "--e and --c can't be combined: choose")]


def test_a_rule_may_hold_only_beside_another_option() -> None:
    rules = (Rule(("--a",), beside=("--x", "--y"), needs=("--c",), advice="leave it out"),)
    assert not list(misfits(rules, {"--a"}))
    assert not list(misfits(rules, {"--a", "--x", "--c"}))
    assert list(misfits(rules, {"--a", "--y"})) == [Misfit("--a", "--a needs --c: leave it out")]


def test_what_no_rule_names_is_fine() -> None:
    assert not list(misfits(RULES, {"--b", "--d", "--e", "--f"}))


def test_the_rules_of_a_spec_name_its_options() -> None:
    names = {name for option in options().values() for name in option.names()}
    assert {name for rule in SPEC_RULES for name in (*rule.options, *rule.beside, *rule.needs, *rule.excludes)} <= names
