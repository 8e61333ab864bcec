"""Numbers with their nouns, and what to give instead of a wrong value."""

from __future__ import annotations

import pytest

from farm.core.plain_words import counted, in_plain_words


@pytest.mark.parametrize(("number", "text"), [(0, "0 vectors"), (1, "1 vector"), (2, "2 vectors")])
def test_a_number_has_its_noun_in_the_right_form(number: int, text: str) -> None:
    assert counted(number, "vector") == text


def test_a_noun_may_have_a_plural_of_its_own() -> None:
    assert [counted(number, "batch", "batches") for number in (1, 3)] == ["1 batch", "3 batches"]


@pytest.mark.parametrize(
    ("kind", "message", "context", "advice"),
    [
        ("greater_than_equal", "Input should be greater than or equal to 1", {"ge": 1}, "give 1 or more"),
        ("less_than", "Input should be less than 2.5", {"lt": 2.5}, "give less than 2.5"),
        ("literal_error", "Input should be 'show'", {"expected": "'show'"}, "give 'show'"),
        ("string_type", "Input should be a valid string", None, "give a string"),
        ("value_error", "Value error, No such thing", None, "no such thing"),
    ],
)
def test_what_to_give_instead(kind: str, message: str, context: dict[str, object] | None, advice: str) -> None:
    assert in_plain_words(kind, message, context) == advice
