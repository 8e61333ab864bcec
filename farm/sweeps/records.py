"""What is known of modules' vectors before they are planned, as a board process tells it or a dump has it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from farm.boards.base import Board
from farm.boards.kinds import KINDS
from farm.boards.mock import mock_boards
from farm.process.handle import TtnnProcess
from farm.process.protocol import Hung, ProcessDied
from farm.sweeps.finding import SweepModule
from tracer.device_config import DeviceConfig


@dataclass(frozen=True, slots=True)
class Imported:
    """A module that a board process has imported.

    Attributes:
        module: which.
        timeout: seconds that one of its vectors may take; None where it doesn't say.
        fixture: whether its own fixture opens the board.
        suites: the names of all its suites.
    """

    module: SweepModule
    timeout: float | None
    fixture: bool
    suites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """One vector of a module.

    Attributes:
        of: its module.
        suite: its suite.
        index: its place there.
        input_hash: as tt-metal computes it.
        values: those that can be written down, encoded, by name.
        unwritten: why the others can't.
        grid: columns and rows of compute cores that the values name.
        invalid: why the module calls it invalid; None where it doesn't.
        config_hash: of the traced configuration that it is; "" where it is none.
        sources: where that was seen.
        lost: the arguments that its trace lost.
        device_config: how the board was opened when it was traced; None where that isn't known.
    """

    of: Imported
    suite: str
    index: int
    input_hash: str
    values: Mapping[str, Any]
    unwritten: Mapping[str, str]
    grid: tuple[int, int]
    invalid: str | None = None
    config_hash: str = ""
    sources: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    device_config: DeviceConfig | None = None

    @classmethod
    def of_message(cls, of: Imported, suite: str, raw: Mapping[str, Any]) -> Listed:
        """From a vector of `farm.process.listing`.

        Raises:
            KeyError, TypeError, ValueError, ConfigurationError: it is none.
        """
        columns, rows = raw["grid"]
        return cls(
            of=of,
            suite=suite,
            index=int(raw["index"]),
            input_hash=str(raw["hash"]),
            values=raw["values"],
            unwritten=raw.get("unwritten", {}),
            grid=(columns, rows),
            invalid=raw.get("invalid"),
            config_hash=raw.get("config_hash", ""),
            sources=tuple(raw.get("sources", ())),
            lost=tuple(raw.get("lost", ())),
            device_config=DeviceConfig.from_json(raw["device_config"]) if "device_config" in raw else None,
        )

    def as_json(self) -> dict[str, Any]:
        """What `of_message` reads back."""
        raw: dict[str, Any] = {"index": self.index, "hash": self.input_hash, "values": self.values}
        raw["grid"] = list(self.grid)
        if self.unwritten:
            raw["unwritten"] = self.unwritten
        if self.invalid is not None:
            raw["invalid"] = self.invalid
        if self.config_hash:
            raw["config_hash"] = self.config_hash
        if self.sources:
            raw["sources"] = list(self.sources)
        if self.lost:
            raw["lost"] = list(self.lost)
        if self.device_config is not None:
            raw["device_config"] = self.device_config.as_json()
        return raw


@dataclass(frozen=True, slots=True)
class Problem:
    """A module, or one suite of it, that isn't as it must be.

    Attributes:
        module: its name.
        suite: the suite, "" where it is the whole module.
        message: what is wrong.
        configuration: whether it is one broken configuration of the master.
    """

    module: str
    suite: str
    message: str
    configuration: bool = False


Record: TypeAlias = Imported | Listed | Problem


class ListingProcess(Protocol):
    """What listing needs of a board process."""

    def start(self) -> dict[str, Any]:
        """See `BoardProcess`."""

    def vectors_of(self, request: dict[str, Any], timeout: float) -> Iterator[dict[str, Any]]:
        """See `TtnnProcess`."""

    def close(self) -> None:
        """See `BoardProcess`."""


def list_modules(
    modules: Sequence[SweepModule], suites: Sequence[str] | None, process: ListingProcess
) -> Iterator[Record]:
    """The vectors of modules, as a board process that imports them tells of them. Nothing is held.

    A module that can't be imported, or that ends or hangs the process, is a `Problem`, and the next one has its turn.

    Args:
        modules: which.
        suites: the names of suites to list; None for all.
        process: imports them. It is started, and ended at last.

    Raises:
        NotRunnable: there is no ttnn for the process.
    """
    running = False
    try:
        for module in modules:
            if not running:
                process.start()
            running = True
            try:
                yield from _listed(module, suites, process)
            except Hung:
                running = False
                waited = f"no answer in {module.import_seconds:g} s of importing it, or of one of its generators"
                yield Problem(module.name, "", f"{module.name}: {waited}")
            except ProcessDied as error:
                running = False
                yield Problem(module.name, "", f"{module.name}: while it was imported, {error}")
    finally:
        process.close()


def _listed(module: SweepModule, suites: Sequence[str] | None, process: ListingProcess) -> Iterator[Record]:
    of = Imported(module, None, fixture=False, suites=())
    request = {"module": module.as_json(), "suites": None if suites is None else list(suites)}
    for message in process.vectors_of(request, module.import_seconds):
        if "module" in message:
            told = message["module"]
            of = Imported(module, told["timeout"], told["fixture"], tuple(told["suites"]))
            yield of
        elif "vectors" in message:
            for raw in message["vectors"]:
                yield Listed.of_message(of, message["suite"], raw)
        elif "problem" in message:
            yield Problem(module.name, message["suite"], message["problem"], bool(message.get("broken")))


def listing_process(boards: Sequence[Board], folder: Path, address: str | None = None) -> ListingProcess:
    """A process to list modules in: with the environment of this host's first board, of a mock where it has none.

    Args:
        boards: where they are to run.
        folder: for what the process leaves behind.
        address: of the farm that has the boards: the process is there if this host has no ttnn.
    """
    if address is not None and find_spec("ttnn") is None:
        from farm.hosts.listing import FarmListing

        there = next((board for board in boards if board.backend != "fake"), None)
        if there is not None:
            return FarmListing(address, there)
    here = (board for board in boards if board.backend != "fake" and not board.host)
    real = next(here, None) or mock_boards(KINDS["n300"], 1)[0]
    return TtnnProcess(real, folder, python=real.python or sys.executable)
