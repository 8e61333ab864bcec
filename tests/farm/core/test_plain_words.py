"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from farm.core.plain_words import counted


@pytest.mark.parametrize(("number", "text"), [(0, "0 vectors"), (1, "1 vector"), (2, "2 vectors")])
def test_a_number_has_its_noun_in_the_right_form(number: int, text: str) -> None:
    assert counted(number, "vector") == text


def test_a_noun_may_have_a_plural_of_its_own() -> None:
    assert [counted(number, "batch", "batches") for number in (1, 3)] == ["1 batch", "3 batches"]
