"""What is known of modules' vectors before they are planned, as a worker tells it or a dump has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from farm.core.sweep_module import SweepModule
from tracer.device_config import DeviceConfig


@dataclass(frozen=True, slots=True)
class Imported:
    """A module that a worker has imported.

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
        """From a vector of `farm.worker.listing`.

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
