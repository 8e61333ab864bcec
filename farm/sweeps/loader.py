"""The loader that sweep modules take traced configurations from."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from farm.core.plain_words import counted
from farm.sweeps.errors import TracedConfigError
from farm.sweeps.shapes import BinaryShape
from farm.sweeps.traced import (
    TracedProduct,
    TracedSuite,
    configuration_of,
    dtype,
    layout,
    memory,
    output_memory,
    tensors,
)
from tracer.errors import UnknownOperation
from tracer.master.master import Master, shipped
from tracer.names import find
from tracer.values import Tensor
from tracer.values.configuration import Configuration

MASTER_VARIABLE = "TTNN_MASTER_JSON_PATH"


@dataclass(frozen=True, slots=True)
class Lookup:
    """One request of a module to a loader.

    Attributes:
        master: the master, for people.
        untraced: why the operation has no configurations, with the nearest names; "" if it has some.
    """

    master: str
    untraced: str = ""


_lookups: ContextVar[list[Lookup] | None] = ContextVar("lookups", default=None)


@contextmanager
def recorded_lookups() -> Iterator[list[Lookup]]:
    """Collect the lookups of all loaders during a `with` block."""
    lookups: list[Lookup] = []
    token = _lookups.set(lookups)
    try:
        yield lookups
    finally:
        _lookups.reset(token)


class MasterConfigLoader:
    """Loads the configurations that models were traced with, for a sweep module.

        loader = MasterConfigLoader()
        parameters = {"model_traced": loader.get_suite_parameters("add")}

    Attributes:
        path: the master: the argument, else the one that TTNN_MASTER_JSON_PATH names, else the one that farm ships.
    """

    def __init__(self, master_file_path: str | Path | None = None) -> None:
        self.path = Path(master_file_path or os.environ.get(MASTER_VARIABLE) or shipped())

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(
            f"farm's MasterConfigLoader has no {name}, only get_suite_parameters(): tt-metal's own is used in its "
            f"checkout (--tt-metal DIR)"
        )

    @property
    def master_file_path(self) -> str:
        """The master's path, by the name that tt-metal's loader has for it."""
        return str(self.path)

    @property
    def master(self) -> Master:
        """The master, read once per process.

        Raises:
            MasterError: it can't be read.
        """
        return _read(self.path, self.path.stat().st_mtime_ns if self.path.exists() else 0)

    def get_suite_parameters(
        self,
        operation_name: str,
        suite_name: str = "model_traced",  # noqa: ARG002 - modules written for tt-metal's loader may give it
        all_cases: bool = False,  # noqa: FBT001, FBT002 - see suite_name
    ) -> dict[str, Any]:
        """Return the parameters of a suite.

        Of an operation that the master doesn't have, they are false and have no vectors, so that
        `if parameters: suites["model_traced"] = parameters` leaves the suite out.

        Args:
            operation_name: in any spelling.
            suite_name: has no effect.
            all_cases: return the Cartesian product of the traced parameters, not the traced configurations.

        Raises:
            TracedConfigError: `all_cases` is for operations of one tensor or two.
        """
        master = self.master
        by_name = {**{each.operation: [] for each in master.broken}, **master.configurations}
        try:
            operation = find(operation_name, by_name)[0]
        except UnknownOperation as error:
            self._record(str(error))
            return TracedProduct(operation_name, []) if all_cases else TracedSuite(operation_name, [], [])
        configurations = by_name[operation]
        broken = [each for each in master.broken if each.operation == operation]
        self._record("" if configurations or broken else f"no configurations of {operation}")
        if all_cases:
            return TracedProduct(operation, configurations)
        return TracedSuite(operation, configurations, broken)

    def _record(self, untraced: str) -> None:
        lookups = _lookups.get()
        if lookups is not None:
            master = "the master that farm ships" if self.path == shipped() else str(self.path)
            lookups.append(Lookup(master, f"{master}: {untraced}" if untraced else ""))


def unpack_traced_config(traced_config_name: str) -> tuple[Any, ...]:
    """Return the shape, dtype, layout, memory config and output memory config of an operation of one tensor.

    Raises:
        TracedConfigError: there is no such configuration, or it has another number of tensors.
    """
    configuration = configuration_of(traced_config_name)
    [tensor] = _exactly(1, configuration, traced_config_name)
    return tensor.shape, dtype(tensor), layout(tensor), memory(tensor), output_memory(configuration)


def unpack_binary_traced_config(traced_config_name: str) -> tuple[Any, ...]:
    """Return the shape, both dtypes, both layouts and both memory configs of an operation of two tensors.

    The shape is the first tensor's; `shape["self"]` and `shape["other"]` are each one's own.

    Raises:
        TracedConfigError: there is no such configuration, or it has another number of tensors.
    """
    one, other = _exactly(2, configuration_of(traced_config_name), traced_config_name)
    return (
        BinaryShape(one.shape, other.shape),
        *(dtype(one), dtype(other)),
        *(layout(one), layout(other)),
        *(memory(one), memory(other)),
    )


def _exactly(count: int, configuration: Configuration, name: str) -> list[Tensor]:
    inputs = tensors(configuration)
    if len(inputs) == count:
        return inputs
    helper = {
        1: "unpack_traced_config() unpacks it",
        2: "unpack_binary_traced_config() unpacks it",
    }.get(len(inputs), "no helper unpacks it: take its arguments by name in run(input_a_shape, ..., **kwargs)")
    raise TracedConfigError(
        f"{name}: {configuration.operation} was traced with {counted(len(inputs), 'tensor')}, not {count}: {helper}"
    )


@functools.lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> Master:
    return Master.read(path)
