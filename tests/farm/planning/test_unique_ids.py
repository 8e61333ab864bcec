"""UniqueIds that no two have."""

from __future__ import annotations

from farm.planning.unique_ids import UniqueIds


def test_a_name_that_was_made_before_gets_a_number() -> None:
    names = UniqueIds()
    assert [names.unique(name) for name in ("a", "b", "a", "a", "b")] == ["a", "b", "a-2", "a-3", "b-2"]


def test_others_begin_afresh() -> None:
    assert [UniqueIds().unique("a"), UniqueIds().unique("a")] == ["a", "a"]
