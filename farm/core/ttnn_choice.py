"""The versions of ttnn that a run takes: the value of `--ttnn`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from farm.core.errors import WrongValue
from farm.core.plain_words import counted

if TYPE_CHECKING:
    from farm.core.board import Board

UNKNOWN = "unknown"
"""What stands for the version of a ttnn that isn't known, and for that of a board that no ttnn opens."""


@dataclass(frozen=True, slots=True)
class TtnnChoice:
    """Which versions of ttnn a run takes.

    Attributes:
        specifier: a PEP 440 version specifier, such as `>=0.80`; None for every version.
    """

    specifier: str | None = None

    @classmethod
    def parse(cls, text: str) -> TtnnChoice:
        """Parse the value of `--ttnn`.

        Raises:
            WrongValue: it is no version specifier.
        """
        try:
            specifiers = SpecifierSet(text)
        except InvalidSpecifier:
            specifiers = SpecifierSet()
        if not str(specifiers):
            raise WrongValue(
                "ttnn", text, "not a version specifier; write it as '>=0.80', '==0.81.1' or '>=0.70,<0.81'"
            )
        return cls(str(specifiers))

    def accepts(self, version: str | None) -> bool:
        """Whether a run takes the boards that this version opens.

        A prerelease or a development version counts by its place in the order of versions: `>=0.80` takes 0.81.0rc2,
        and 0.80.0rc1 comes before 0.80. A version that isn't known is taken only where every version is.
        """
        if self.specifier is None:
            return True
        try:
            return version is not None and SpecifierSet(self.specifier).contains(Version(version), prereleases=True)
        except InvalidVersion:
            return False

    def split(self, boards: Iterable[Board]) -> tuple[list[Board], list[Board]]:
        """The boards that a run takes, and those that it leaves out, in their order."""
        accepted: list[Board] = []
        left_out: list[Board] = []
        for board in boards:
            (accepted if self.accepts(board.ttnn) else left_out).append(board)
        return accepted, left_out


def by_age(versions: Iterable[str]) -> list[str]:
    """Versions without duplicates, oldest first; what is no version comes last, by its text."""

    def key(text: str) -> tuple[bool, Version, str]:
        try:
            return False, Version(text), text
        except InvalidVersion:
            return True, Version("0"), text

    return sorted(set(versions), key=key)


def left_out_note(boards: Sequence[Board]) -> str:
    """One line about boards that `--ttnn` leaves out, by their versions; "" if there are none."""
    return "; ".join(_left_out(version, members) for version, members in _by_version(boards).items())


def versions_of(boards: Sequence[Board]) -> str:
    """The versions of ttnn that boards have, with the boards' number: `0.66.0 (3 boards), unknown (1 board)`."""
    parts = [f"{version} ({counted(len(members), 'board')})" for version, members in _by_version(boards).items()]
    return ", ".join(parts)


def _by_version(boards: Iterable[Board]) -> dict[str, list[Board]]:
    groups: dict[str, list[Board]] = defaultdict(list)
    for board in boards:
        groups[board.ttnn or UNKNOWN].append(board)
    return {version: groups[version] for version in by_age(groups)}


def _left_out(version: str, boards: Sequence[Board]) -> str:
    hosts = sorted({board.host for board in boards if board.host})
    where = f": {', '.join(hosts)}" if hosts else ""
    return f"{counted(len(boards), 'board')} with ttnn {version} {'is' if len(boards) == 1 else 'are'} left out{where}"
