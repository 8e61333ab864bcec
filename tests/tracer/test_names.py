"""Names of operations in every spelling."""

from __future__ import annotations

import pytest

from tracer.errors import UnknownOperation
from tracer.names import canonical, find

KNOWN = [
    "ttnn.add",
    "ttnn.add_",
    "ttnn.addcmul",
    "ttnn.experimental.add",
    "ttnn.experimental.all_gather_async",
    "ttnn.matmul",
    "ttnn.transformer.softmax",
]


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("add", "ttnn.add"),
        ("ttnn.add", "ttnn.add"),
        ("ttnn::add", "ttnn.add"),
        (" add_ ", "ttnn.add_"),
        ("ttnn::experimental::add", "ttnn.experimental.add"),
        ("experimental::add", "ttnn.experimental.add"),
    ],
)
def test_one_spelling_is_kept(spelling: str, name: str) -> None:
    assert canonical(spelling) == name


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ("add", ["ttnn.add", "ttnn.experimental.add"]),
        ("ttnn.add", ["ttnn.add"]),
        ("ttnn::add", ["ttnn.add"]),
        ("add_", ["ttnn.add_"]),
        ("experimental.add", ["ttnn.experimental.add"]),
        ("all_gather_async", ["ttnn.experimental.all_gather_async"]),
        ("softmax", ["ttnn.transformer.softmax"]),
    ],
)
def test_a_name_matches_exactly_and_in_every_namespace_only_when_bare(query: str, matches: list[str]) -> None:
    assert find(query, KNOWN) == matches


@pytest.mark.parametrize(
    ("query", "offered"), [("ad", "ttnn.add"), ("mul", "ttnn.matmul"), ("ttnn::matmull", "ttnn.matmul")]
)
def test_an_unknown_name_offers_the_nearest(query: str, offered: str) -> None:
    with pytest.raises(UnknownOperation) as raised:
        find(query, KNOWN)
    assert query in str(raised.value)
    assert offered in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_name_like_none_at_all_says_how_to_list_them() -> None:
    with pytest.raises(UnknownOperation, match="farm ops"):
        find("zzzzzz", KNOWN)
    with pytest.raises(UnknownOperation, match="none at all"):
        find("add", [])
