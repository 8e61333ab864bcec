"""The grammar of `--boards`, and of options that name boards only by kind. No board is discovered or created here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from farm.board.backends import backend_named
from farm.board.kinds import kind_named
from farm.board.parts import AUTO_PART, Part, partition_named, partitions
from farm.core.board import AUTO, Board, BoardKind
from farm.core.errors import FarmError

MAX_COUNT = 1024
"""The largest count of one entry."""

_WORD = r"[A-Za-z0-9-]+"
_KIND = rf"(?P<kind>{_WORD})(/(?P<part>{_WORD}))?"
_COUNT = r"(\*(?P<count>[0-9]{1,9}))?"
_BOARDS = re.compile(rf"(?P<backend>[a-z]+)(:{_KIND})?{_COUNT}")
_KINDS = re.compile(rf"((?P<backend>[a-z]+):)?{_KIND}{_COUNT}")


@dataclass(frozen=True, slots=True)
class BoardSelector:
    """One entry of a list of boards.

    Attributes:
        backend: the backend's name; "" for any.
        kind: the product, or what a part of a box is as a board; None for any.
        count: how many boards; None if the text gives no count.
        part: the parts of a box that they are; None for boards wherever they are.
        carves: whether they are a box with all the parts that it can be split into, of which each run chooses some.
    """

    backend: str
    kind: BoardKind | None
    count: int | None
    part: Part | None = None
    carves: bool = False

    def has_room(self, board: Board, boards: Sequence[Board]) -> bool:
        """Whether a list of boards has less of these than there may be, without those that share the board's chips."""
        if self.count is None:
            return True
        of_these = [each for each in boards if self.matches(each)]
        if not self.carves:
            return len(of_these) < self.count
        boxes = [each for each in of_these if each.kind == self.kind and not each.shares_chips(board)]
        return any(map(board.shares_chips, of_these)) or len(boxes) < self.count

    def matches(self, board: Board) -> bool:
        """Whether a board is one of these."""
        if self.backend not in ("", board.backend):
            return False
        if self.carves and self.kind is not None and board.box == self.kind.name:
            return True
        return self.kind in (None, board.kind) and (self.part is None or board.box == self.part.box.name)


def parse_boards(text: str, option: str = "--boards") -> tuple[BoardSelector, ...]:
    """Parse the value of `--boards`: `auto`, or a comma-separated list of `BACKEND[:KIND][*COUNT]`.

    In place of a kind, `BOX/PART` names parts of a box, and `BOX/auto` a box that is split as a run needs it.

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
    return _parse(
        text, option, _BOARDS, f"{AUTO} or backend:kind*count, such as mock:n300*2 or mock:t3000/n300", MAX_COUNT
    )


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
        kind = kind_named(match["kind"]) if match["kind"] else None
        if kind is None or match["part"] is None:
            selectors.append(BoardSelector(backend, kind, count))
        elif match["part"].lower() == AUTO_PART and grammar is _BOARDS:
            selectors.append(BoardSelector(backend, _box(kind), count, carves=True))
        else:
            part = Part(kind, partition_named(kind, match["part"]))
            selectors.append(BoardSelector(backend, part.way.kind, count, part))
    return tuple(selectors)


def _box(kind: BoardKind) -> BoardKind:
    """The kind, if it has parts.

    Raises:
        FarmError: it has none.
    """
    if not partitions(kind):
        raise FarmError(f"{kind.name}/{AUTO_PART}: {kind.name} is one card and has no parts")
    return kind
