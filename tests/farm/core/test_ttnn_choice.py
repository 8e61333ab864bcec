"""The versions of ttnn that `--ttnn` accepts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from farm.board.backends.fake import fake_boards
from farm.board.kinds import KINDS
from farm.core.errors import WrongValue
from farm.core.ttnn_choice import TtnnChoice, by_age, left_out_note, versions_of

[BOARD] = fake_boards(KINDS["n300"], 1)
A, B, C = (
    replace(BOARD, id="a", host="alpha", ttnn="0.66.0"),
    replace(BOARD, id="b", host="beta", ttnn="0.66.0"),
    replace(BOARD, id="c", host="gamma", ttnn="0.81.1"),
)


@pytest.mark.parametrize(
    ("specifier", "accepted", "refused"),
    [
        (">=0.80", ["0.80.0", "0.81.1", "0.100.0"], ["0.66.0", "0.9.0", "0.79.9"]),
        ("==0.81.*", ["0.81.0", "0.81.1"], ["0.80.0", "0.82.0"]),
        (">=0.70,<0.81", ["0.70.0", "0.80.3"], ["0.81.0", "0.69.0"]),
        ("!=0.80.0", ["0.66.0", "0.81.1"], ["0.80.0"]),
    ],
)
def test_released_versions(specifier: str, accepted: list[str], refused: list[str]) -> None:
    choice = TtnnChoice.parse(specifier)
    assert [version for version in (*accepted, *refused) if choice.accepts(version)] == accepted


def test_prereleases_and_builds_of_a_checkout_count_by_their_place_in_the_order() -> None:
    choice = TtnnChoice.parse(">=0.80")
    assert choice.accepts("0.81.0rc2")
    assert choice.accepts("0.81.0.dev3+g0123abc")
    assert not choice.accepts("0.80.0rc1")


def test_an_unknown_version_is_accepted_only_where_every_version_is() -> None:
    assert TtnnChoice().accepts(None)
    assert TtnnChoice().accepts("a checkout")
    assert not TtnnChoice.parse(">=0").accepts(None)
    assert not TtnnChoice.parse(">=0").accepts("a checkout")


@pytest.mark.parametrize("text", ["", " ", "0.80", "newest", ">=", ">=0.80 <0.90"])
def test_a_text_that_is_no_specifier_is_refused(text: str) -> None:
    with pytest.raises(WrongValue, match="not a version specifier; write it as '>=0.80'"):
        TtnnChoice.parse(text)


def test_equal_specifiers_are_written_equally() -> None:
    assert TtnnChoice.parse(" < 0.90, >=0.80") == TtnnChoice.parse(">=0.80,<0.90")


def test_boards_are_split_and_named_by_version_and_host() -> None:
    unknown = replace(BOARD, id="d", host="delta")
    taken, left_out = TtnnChoice.parse(">=0.80").split([A, unknown, C, B])
    assert taken == [C]
    assert left_out_note(left_out) == (
        "2 boards with ttnn 0.66.0 are left out: alpha, beta; 1 board with ttnn unknown is left out: delta"
    )
    assert versions_of(left_out) == "0.66.0 (2 boards), unknown (1 board)"
    assert left_out_note([]) == ""


def test_versions_are_ordered_by_age() -> None:
    assert by_age(["0.100.0", "a checkout", "0.9.0", "0.81.1", "0.9.0"]) == ["0.9.0", "0.81.1", "0.100.0", "a checkout"]
