"""The loader that sweep modules take traced configurations from."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
from tracer.master.master import Master, shipped
from tracer.names import find
from tracer.values import Tensor
from tracer.values.configuration import Configuration

MASTER_VARIABLE = "TTNN_MASTER_JSON_PATH"


class MasterConfigLoader:
    """Loads the configurations that models were traced with, for a sweep module.

        loader = MasterConfigLoader()
        parameters = {"model_traced": loader.get_suite_parameters("add")}

    Attributes:
        path: the master: the argument, else the one that TTNN_MASTER_JSON_PATH names, else the one that farm ships.
    """

    def __init__(self, master_file_path: str | Path | None = None) -> None:
        self.path = Path(master_file_path or os.environ.get(MASTER_VARIABLE) or shipped())

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
        """Return the parameters of a suite; an operation without configurations gives one without vectors.

        Args:
            operation_name: in any spelling.
            suite_name: has no effect.
            all_cases: return the Cartesian product of the traced parameters, not the traced configurations.

        Raises:
            UnknownOperation: the master has no such operation.
            TracedConfigError: `all_cases` is for operations of one tensor or two.
        """
        master = self.master
        with _naming(self.path):
            operation = find(operation_name, master.configurations)[0]
        configurations = master.configurations[operation]
        broken = [each for each in master.broken if each.operation == operation]
        if all_cases:
            return TracedProduct(operation, configurations)
        return TracedSuite(operation, configurations, broken)


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


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Name the master in the error that it has no such operation."""
    from tracer.errors import UnknownOperation

    try:
        yield
    except UnknownOperation as error:
        raise UnknownOperation(f"{path}: {error}") from error
