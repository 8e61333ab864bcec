"""What is expected of a host, compared with the boards that it has. No IO.

Boards count by their product: four single n300 and a t3000, whose cards are four n300, are both `n300*4`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from farm.board.discovery.survey import SurveyedBoard
from farm.board.kinds import kind_of_card
from farm.board.selectors import BoardSelector, parse_kinds
from farm.core.board import BoardKind
from farm.core.errors import FarmError
from farm.core.expected_host import ExpectedHost, is_expected_version
from farm.core.plain_words import counted
from farm.core.shortfall import Shortfall, Trait


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a host is expected to have.

    Attributes:
        boards: its boards; none if nothing is expected.
        driver: the version of its kernel driver, or a specifier; "" for any.
        firmware: that of its boards' firmware bundles.
    """

    boards: tuple[BoardSelector, ...] = ()
    driver: str = ""
    firmware: str = ""

    @classmethod
    def parse(cls, text: str, *, driver: str = "", firmware: str = "", option: str = "--expect") -> Expectation:
        """Parse a list of boards, `n300*4,p150`.

        Raises:
            FarmError: it is none, or names an unknown kind.
        """
        return cls(parse_kinds(text, option) if text.strip() else (), driver, firmware)

    @classmethod
    def of(cls, host: ExpectedHost, name: str) -> Expectation:
        """That of an entry of the inventory.

        Args:
            host: the entry.
            name: the host's name, for messages.

        Raises:
            FarmError: its boards can't be parsed.
        """
        try:
            return cls.parse(",".join(host.expect), driver=host.driver, firmware=host.firmware, option="expect")
        except FarmError as error:
            raise FarmError(f"the settings of hosts, {name}: {error}") from error


NOTHING_EXPECTED = Expectation()


def shortfalls(
    expectation: Expectation,
    boards: Sequence[SurveyedBoard],
    versions: Mapping[str, Mapping[str, str]],
    unformed: Sequence[Shortfall] = (),
    named: Collection[BoardKind] = (),
) -> tuple[Shortfall, ...]:
    """What a host lacks: of its products, and of what is expected of it.

    Args:
        expectation: what is expected.
        boards: its boards, whole or not.
        versions: by a board's id, the versions of its `driver` and `firmware`; what isn't known is absent.
        unformed: boxes that its cards would make up if they were linked.
        named: the products that a person named: such boards are not held as what is left of a box.
    """
    return (
        *(each for board in boards for each in board.shortfalls),
        *_boards(expectation.boards, boards, unformed, named),
        *_driver(expectation.driver, boards, versions),
        *_firmware(expectation.firmware, boards, versions),
    )


def _boards(
    expected: Sequence[BoardSelector],
    boards: Sequence[SurveyedBoard],
    unformed: Sequence[Shortfall],
    named: Collection[BoardKind],
) -> Iterator[Shortfall]:
    """The boards that aren't there. What is left of a box is held: nobody said that it may be used without the rest."""
    wanted = {selector.kind for selector in expected} | {*named}
    counts: Counter[tuple[str, BoardKind | None]] = Counter()
    for selector in expected:
        counts[selector.backend, selector.kind] += selector.count or 1
    for (backend, kind), count in counts.items():
        of_backend = [each for each in boards if backend in ("", each.board.backend)]
        if sum(_counts_as(each.board.kind, kind) for each in of_backend) >= count:
            continue
        parts = [] if kind is None else [each for each in of_backend if _is_card_of(each.board.kind, kind)]
        links = "".join(f", and {each.present}" for each in unformed if kind is not None and each.kind == kind.name)
        yield Shortfall(
            Trait.BOARDS,
            kind.name if kind else "board",
            f"{_listed(of_backend)}{links}",
            f"{count} {kind.name}" if kind else counted(count, "board"),
            tuple(each.board.id for each in parts if each.board.kind not in wanted),
        )


def _counts_as(kind: BoardKind, expected: BoardKind | None) -> int:
    """How many boards of an expected product a board is: a box is as many as it has cards."""
    if expected in (None, kind):
        return 1
    return len(kind.mock.cards) if _is_card_of(expected, kind) else 0


def _is_card_of(kind: BoardKind | None, box: BoardKind) -> bool:
    return box.box is not None and kind in [kind_of_card(card) for card in box.box.cards] and kind is not None


def _listed(boards: Sequence[SurveyedBoard]) -> str:
    counts = Counter(each.board.kind.name for each in boards)
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "no board"


def _driver(
    expected: str, boards: Sequence[SurveyedBoard], versions: Mapping[str, Mapping[str, str]]
) -> Iterator[Shortfall]:
    """Another kernel driver, which holds all boards that it drives."""
    driven: dict[str, list[str]] = {}
    for each in boards:
        version = versions.get(each.board.id, {}).get("driver")
        if expected and version is not None and not is_expected_version(version, expected):
            driven.setdefault(version, []).append(each.board.id)
    for version, names in driven.items():
        yield Shortfall(Trait.DRIVER, "driver", f"driver {version}", f"driver {expected}", tuple(names))


def _firmware(
    expected: str, boards: Sequence[SurveyedBoard], versions: Mapping[str, Mapping[str, str]]
) -> Iterator[Shortfall]:
    for each in boards:
        version = versions.get(each.board.id, {}).get("firmware")
        if expected and version is not None and not is_expected_version(version, expected):
            present, wanted = f"firmware {version}", f"firmware {expected}"
            yield Shortfall(Trait.FIRMWARE, each.board.kind.name, present, wanted, (each.board.id,))
