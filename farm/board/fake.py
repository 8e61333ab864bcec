"""Fake boards, for tests of everything around ttnn: they run nothing, and go wrong as they are told.

>>> from farm.board.kinds import KINDS
>>> [good] = fake_boards(KINDS["n300"], 1)
>>> [bad] = fake_boards(KINDS["n300"], 1, first=1, script=Script(opening=Opening.REFUSES))
>>> good.id, Script.of(bad).opening.value
('fake:n300:0', 'refuses')
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum

from farm.core.board import Board, BoardKind
from farm.core.errors import FarmError

SCRIPT_VARIABLE = "FARM_FAKE_SCRIPT"
"""Environment variable with the JSON of a `Script`, for fake boards that are named on a command line."""


class Act(str, Enum):
    """What running a vector on a fake board comes to."""

    PASS = "validated"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    FAULT = "fault"
    CRASH = "crash"  # its process dies
    HANG = "hang"  # it never ends by itself
    LOSE = "lose"  # the board's supervisor dies, at once


class Opening(str, Enum):
    """What opening a fake board comes to."""

    OPENS = "opens"
    REFUSES = "refuses"
    DIES = "dies"
    HANGS = "hangs"


@dataclass(frozen=True, slots=True)
class Script:
    """How a fake board behaves.

    Attributes:
        opening: what opening it comes to.
        starts: whether its process starts at all.
        seconds: how long each vector takes.
        acts: by vector id, what running it comes to: for the first time on this board, the second, ..., the last
            for good. Vectors that aren't named do as `*` says, else pass.
        checks: what checking the board comes to: the first time, the second, ..., the last for good.
        sound_while: a file; the board passes no check while it isn't there.
    """

    opening: Opening = Opening.OPENS
    starts: bool = True
    seconds: float = 0.0
    acts: Mapping[str, tuple[Act, ...]] = field(default_factory=dict)
    checks: tuple[bool, ...] = ()
    sound_while: str = ""

    @classmethod
    def of(cls, board: Board) -> Script:
        """The script a fake board was made with."""
        return cls.parse(board.environment.get(SCRIPT_VARIABLE, "{}"))

    @classmethod
    def parse(cls, text: str) -> Script:
        """Reads what `str()` of a script gives; what is left out stays at its default.

        Raises:
            FarmError: the text is no script.
        """
        try:
            raw = json.loads(text)
            acts = {name: tuple(Act(act) for act in given) for name, given in raw.pop("acts", {}).items()}
            checks = tuple(map(bool, raw.pop("checks", ())))
            return cls(opening=Opening(raw.pop("opening", "opens")), acts=acts, checks=checks, **raw)
        except (ValueError, TypeError, AttributeError) as error:
            raise FarmError(f"{SCRIPT_VARIABLE} is no script of a fake board: {error}") from error

    def __str__(self) -> str:
        acts = {name: [act.value for act in given] for name, given in self.acts.items()}
        return json.dumps({**asdict(self), "opening": self.opening.value, "acts": acts})


def fake_boards(kind: BoardKind, count: int, first: int = 0, script: Script | None = None) -> list[Board]:
    """`count` fake boards of a kind, numbered from `first`; without a script they follow the environment's."""
    text = str(script or Script.parse(os.environ.get(SCRIPT_VARIABLE, "{}")))
    return [
        Board(f"fake:{kind.name}:{number}", "fake", kind, environment={SCRIPT_VARIABLE: text}, computes=False)
        for number in range(first, first + count)
    ]
