"""The grammar of `--boards`, and of options that name boards only by kind. No board is discovered or created here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from farm.board.backends import backend_named
from farm.board.kinds import kind_named
from farm.core.board import AUTO, Board, BoardKind
from farm.core.errors import FarmError

MAX_COUNT = 1024
"""The largest count of one entry."""

_KIND = r"[A-Za-z0-9-]+"
_COUNT = r"(\*(?P<count>[0-9]{1,9}))?"
_BOARDS = re.compile(rf"(?P<backend>[a-z]+)(:(?P<kind>{_KIND}))?{_COUNT}")
_KINDS = re.compile(rf"((?P<backend>[a-z]+):)?(?P<kind>{_KIND}){_COUNT}")


@dataclass(frozen=True, slots=True)
class BoardSelector:
    """One entry of a list of boards.

    Attributes:
        backend: the backend's name; "" for any.
        kind: the product; None for any.
        count: how many boards; None if the text gives no count.
    """

    backend: str
    kind: BoardKind | None
    count: int | None

    def matches(self, board: Board) -> bool:
        """Whether a board is of this backend and kind."""
        return self.backend in ("", board.backend) and self.kind in (None, board.kind)


def parse_boards(text: str, option: str = "--boards") -> tuple[BoardSelector, ...]:
    """Parse the value of `--boards`: `auto`, or a comma-separated list of `BACKEND[:KIND][*COUNT]`.

    >>> [(each.backend, each.kind and each.kind.name, each.count) for each in parse_boards("mock:n300*2,silicon")]
    [('mock', 'n300', 2), ('silicon', None, None)]

    Args:
        text: the value.
        option: the option that it is the value of, for messages.

    Returns:
        The entries; none for `auto`.

    Raises:
        FarmError: the text is neither, or names an unknown backend or kind.
    """
    if text.strip() == AUTO:
        return ()
    return _parse(text, option, _BOARDS, f"{AUTO} or backend:kind*count, such as mock:n300*2", MAX_COUNT)


def parse_kinds(text: str, option: str, most: int = MAX_COUNT) -> tuple[BoardSelector, ...]:
    """Parse a comma-separated list of `[BACKEND:]KIND[*COUNT]`, such as `n300*8,t3000`.

    Args:
        text: the list.
        option: the option that it is the value of, for messages.
        most: the largest count of one entry.

    Raises:
        FarmError: the text is not such a list, or names an unknown backend or kind.
    """
    return _parse(text, option, _KINDS, "kind*count, such as n300*8", most)


def _parse(text: str, option: str, grammar: re.Pattern[str], form: str, most: int) -> tuple[BoardSelector, ...]:
    selectors = []
    for entry in text.split(","):
        match = grammar.fullmatch(entry.strip())
        if match is None:
            raise FarmError(f"{option} {text}: {entry.strip()!r} is not {form}")
        count = int(match["count"]) if match["count"] else None
        if count is not None and not 1 <= count <= most:
            raise FarmError(f"{option} {text}: {count} boards of one kind; give 1 to {most}")
        backend = backend_named(match["backend"]).name if match["backend"] else ""
        selectors.append(BoardSelector(backend, kind_named(match["kind"]) if match["kind"] else None, count))
    return tuple(selectors)
