"""What a host or a board lacks of what is expected of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from enum import Enum

from farm.core.errors import FarmError


class Trait(str, Enum):
    """What is not as expected.

    Attributes:
        releasable: whether a person may let the board be used all the same. A board without all its chips can't be
            opened, whoever releases it.
        is_of_inventory: whether only who keeps the host knows what is right; if not, the product says it.
    """

    releasable: bool
    is_of_inventory: bool

    def __new__(cls, value: str, releasable: bool, is_of_inventory: bool) -> Trait:  # noqa: FBT001 - its attributes
        """Make a member, with its attributes."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.releasable = releasable
        member.is_of_inventory = is_of_inventory
        return member

    BOARDS = "boards", True, True
    """Boards that aren't there. Boards that are parts of such a box are held until a person says what they are."""
    CHIPS = "chips", False, False
    """Chips of a board."""
    LINKS = "links", True, False
    """Ethernet links between the chips of a box."""
    HEALTH = "health", True, False
    """A chip that a tool finds unhealthy."""
    FIRMWARE = "firmware", True, True
    """The firmware bundle of a board."""
    DRIVER = "driver", True, True
    """The host's kernel driver."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """One thing that is not as expected.

    Attributes:
        trait: what it is about.
        kind: the product.
        present: what there is, so that "it has ..." is a sentence.
        expected: what is expected instead.
        boards: ids of the boards that it holds; none where no board is there to be held.
    """

    trait: Trait
    kind: str
    present: str
    expected: str
    boards: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """Why a board is held for it."""
        subject = "the host" if self.trait in (Trait.BOARDS, Trait.DRIVER) else "it"
        return f"not as expected: {subject} has {self.present}; expected: {self.expected}"

    def of(self, board: str) -> Shortfall:
        """It as it concerns one board."""
        return replace(self, boards=(board,))

    def line(self, host: str) -> str:
        """It in one line, for people.

        >>> Shortfall(Trait.CHIPS, "n300", "1 of 2 chips", "2 chips", ("lab1:0000:01:00.0",)).line("lab1")
        'lab1: n300 lab1:0000:01:00.0: not as expected: it has 1 of 2 chips; expected: 2 chips'

        Args:
            host: the host's name.
        """
        boards = f" {', '.join(self.boards)}" if self.boards else ""
        return f"{host}: {self.kind}{boards}: {self.why}"


def held_by(lacking: Iterable[Shortfall], board: str, released: Collection[Shortfall] = ()) -> tuple[Shortfall, ...]:
    """What holds a board: each thing by itself.

    Args:
        lacking: what its host lacks.
        board: its id.
        released: what boards were released from.
    """
    own = (each.of(board) for each in lacking if board in each.boards)
    return tuple(each for each in own if each not in released)


def require_releasable(board: str, lacking: Iterable[Shortfall]) -> None:
    """Make sure that a board may be released.

    Raises:
        FarmError: it lacks what it can't be opened without.
    """
    for each in lacking:
        if not each.trait.releasable:
            raise FarmError(
                f"{board} can't be released: {each.why}; reset it, or look at its host, and offer it again "
                "with farm down and farm up"
            )
