"""The ways to reset a board: a command that a user set, tt-umd's own calls, or tt-smi.

Tenstorrent's tools reset one board by the PCI addresses of its chips, or all chips of a galaxy at once: `ResetScope`,
of the kind's row, says which. tt-smi takes PCI addresses from version 4 on. Before, it took the numbers of devices;
numbers that name other chips since.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from farm.board import umd_reset
from farm.board.backends import backend_of
from farm.board.chip_presence import Chips
from farm.board.external_tools import run_tool
from farm.core.board import Board, ResetScope
from farm.core.errors import NotRunnable

NO_WAY = "nothing resets it: install tt-smi or `ttnn-farm[silicon]`, or set FARM_RESET_COMMAND"
UNKNOWN_FLAG = 2
"""The exit code of a tool that doesn't know its flags, before it did anything."""
_SMI = "tt-smi"
_BY_ADDRESS = 4
"""The first major version of tt-smi that takes PCI addresses."""
_VERSION_SECONDS = 30.0


class ResetWay(Protocol):
    """A way to reset one board."""

    @property
    def name(self) -> str:
        """Its name in records: `FARM_RESET_COMMAND`, `tt-umd`, `tt-smi`."""

    def commands(self, chips: Chips) -> Sequence[Sequence[str]]:
        """The command, and others to use in its place where a tool doesn't know its flags.

        Args:
            chips: the chips that are there.

        Raises:
            NotRunnable: it can't be told what to reset.
        """


@dataclass(frozen=True, slots=True)
class OwnCommand:
    """The command of FARM_RESET_COMMAND.

    Attributes:
        words: the program and its arguments.
    """

    words: tuple[str, ...]
    name: str = "FARM_RESET_COMMAND"

    def commands(self, chips: Chips) -> Sequence[Sequence[str]]:  # noqa: ARG002 - it knows what it resets
        """See `ResetWay`."""
        return [self.words]


@dataclass(frozen=True, slots=True)
class UmdCalls:
    """tt-umd's calls, in a process of their own.

    Attributes:
        scope: what is reset at once.
        addresses: the PCI addresses of the board.
        python: an interpreter that has tt-umd.
    """

    scope: ResetScope
    addresses: tuple[str, ...]
    python: str = sys.executable
    name: str = "tt-umd"

    def commands(self, chips: Chips) -> Sequence[Sequence[str]]:  # noqa: ARG002 - addresses are all it needs
        """See `ResetWay`."""
        words = [self.python, "-m", umd_reset.__name__, self.scope.value]
        return [words if self.scope is ResetScope.GALAXY else [*words, ",".join(self.addresses)]]


@dataclass(frozen=True, slots=True)
class SmiFlags:
    """tt-smi's flags, by its version.

    Attributes:
        program: the path of tt-smi.
        scope: what is reset at once.
        addresses: the PCI addresses of the board.
    """

    program: str
    scope: ResetScope
    addresses: tuple[str, ...]
    name: str = _SMI

    def commands(self, chips: Chips) -> Sequence[Sequence[str]]:
        """See `ResetWay`."""
        if self.scope is ResetScope.GALAXY:
            return [(self.program, "-glx_reset_auto"), (self.program, "-glx_reset")]
        version = self._major_version()
        if version is None or version >= _BY_ADDRESS:
            return [(self.program, "-r", ",".join(self.addresses))]
        missing = [address for address in self.addresses if address not in chips]
        if missing:
            raise NotRunnable(
                f"tt-smi {version} resets by device number, and the driver shows no device at {', '.join(missing)}: "
                f"update tt-smi, or restart the host"
            )
        return [(self.program, "-r", ",".join(str(chips[address].number) for address in self.addresses))]

    def _major_version(self) -> int | None:
        """Its major version; None if it doesn't say."""
        match = re.search(r"\b(\d+)\.\d+", run_tool([self.program, "--version"], _VERSION_SECONDS).output)
        return None if match is None else int(match[1])


def reset_way(
    board: Board,
    environment: Mapping[str, str] = os.environ,
    *,
    has_umd: Callable[[], bool] = lambda: importlib.util.find_spec(umd_reset.MODULE) is not None,
) -> ResetWay | None:
    """The way to reset a board; None if there is none.

    Args:
        board: the board.
        environment: this host's.
        has_umd: whether tt-umd is installed.
    """
    backend = backend_of(board)
    template = backend.reset_template(board, environment)
    addresses = backend.addresses(board)
    if template is not None:
        return OwnCommand(_filled(template, board, addresses)) if template.strip() else None
    scope = backend.reset_scope(board)
    if scope is None:
        return None
    if has_umd():
        return UmdCalls(scope, addresses)
    program = shutil.which(_SMI, path=environment.get("PATH", os.defpath))
    return None if program is None else SmiFlags(program, scope, addresses)


def _filled(template: str, board: Board, addresses: Sequence[str]) -> tuple[str, ...]:
    values = {"{addresses}": ",".join(addresses), "{board}": board.id, "{kind}": board.kind.name}
    words = []
    for word in shlex.split(template):
        for name, value in values.items():
            word = word.replace(name, value)  # noqa: PLW2901 - one placeholder after the other
        words.append(word)
    return tuple(words)
