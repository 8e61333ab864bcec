"""The grammar of `--boards`."""

from __future__ import annotations

import pytest

from farm.board.backends.fake import fake_boards
from farm.board.kinds import KINDS
from farm.board.selectors import BoardSelector, parse_boards, parse_kinds
from farm.core.errors import FarmError

N300, T3000 = KINDS["n300"], KINDS["t3000"]


def test_a_list_of_boards() -> None:
    assert parse_boards(" mock:n300*2 , silicon,sim:t3k") == (
        BoardSelector("mock", N300, 2),
        BoardSelector("silicon", None, None),
        BoardSelector("sim", T3000, None),
    )


def test_auto_names_no_entry() -> None:
    assert parse_boards("auto") == parse_boards(" auto ") == ()


def test_a_list_of_kinds() -> None:
    assert parse_kinds("n300*8,mock:t3k", "--expect") == (
        BoardSelector("", N300, 8),
        BoardSelector("mock", T3000, None),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mock:n3000", "did you mean n300"),
        ("mock:n300*0", "1 to 1024"),
        ("mock:n300*99999", "1 to 1024"),
        ("", "is not auto or backend:kind"),
        ("mock:n300,,", "is not auto or backend:kind"),
        ("mock:n300;rm -rf", "is not auto or backend:kind"),
        ("mock:n300*9999999999", "is not auto or backend:kind"),
        ("tape:n300", "no backend 'tape'"),
        ("auto,mock:n300", "no backend 'auto'"),
    ],
)
def test_other_texts_are_not_lists_of_boards(text: str, message: str) -> None:
    with pytest.raises(FarmError, match=message):
        parse_boards(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n300*0", "--expect n300\\*0: 0 boards"),
        ("", "is not kind"),
        ("n300*x", "is not kind"),
        ("n400", "no board kind"),
    ],
)
def test_other_texts_are_not_lists_of_kinds(text: str, message: str) -> None:
    with pytest.raises(FarmError, match=message):
        parse_kinds(text, "--expect")


def test_a_selector_matches_by_backend_and_kind() -> None:
    [board] = fake_boards(N300, 1)
    assert BoardSelector("fake", N300, 1).matches(board)
    assert BoardSelector("", None, None).matches(board)
    assert not BoardSelector("mock", N300, 1).matches(board)
    assert not BoardSelector("fake", T3000, 1).matches(board)


def test_an_error_names_the_option_of_its_command() -> None:
    with pytest.raises(FarmError, match=r"^--board n300: 'n300' is not auto or backend:kind"):
        parse_boards("n300", "--board")
