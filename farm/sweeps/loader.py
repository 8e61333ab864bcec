"""The loader that sweep modules take traced configurations from."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from farm.sweeps.errors import TracedConfigError
from farm.sweeps.shapes import BinaryShape
from farm.sweeps.traced import TracedProduct, TracedSuite, dtype, layout, memory, named, output_memory, tensors
from tracer.master.master import Master, shipped
from tracer.names import find
from tracer.values import Tensor
from tracer.values.configuration import Configuration

MASTER_VARIABLE = "TTNN_MASTER_JSON_PATH"


class MasterConfigLoader:
    """Gives a sweep module the configurations that models were traced with.

        loader = MasterConfigLoader()
        parameters = {"model_traced": loader.get_suite_parameters("add")}

    Attributes:
        path: the master: the argument, else what TTNN_MASTER_JSON_PATH names, else the one that comes with farm.
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
        """The parameters of a suite.

        Args:
            operation_name: in any spelling.
            suite_name: makes no difference.
            all_cases: the Cartesian product of what was traced, instead of exactly what was.

        Raises:
            UnknownOperation: the master has no such operation.
            TracedConfigError: it has no configuration that can be used.
        """
        master = self.master
        with _naming(self.path):
            operation = find(operation_name, master.configurations)[0]
        configurations = master.configurations[operation]
        broken = [each for each in master.broken if each.operation == operation]
        if not configurations and not broken:
            raise TracedConfigError(f"{self.path} holds no configuration of {operation}")
        if all_cases:
            return TracedProduct(operation, configurations)
        return TracedSuite(operation, configurations, broken)


def unpack_traced_config(traced_config_name: str) -> tuple[Any, ...]:
    """What an operation of one tensor was called with: shape, dtype, layout, memory config, output memory config.

    Raises:
        TracedConfigError: there is no such configuration, or it has another number of tensors.
    """
    configuration = named(traced_config_name)
    [tensor] = _exactly(1, configuration, traced_config_name)
    return tensor.shape, dtype(tensor), layout(tensor), memory(tensor), output_memory(configuration)


def unpack_binary_traced_config(traced_config_name: str) -> tuple[Any, ...]:
    """What an operation of two tensors was called with: shape, both dtypes, both layouts, both memory configs.

    The shape is the first tensor's; `shape["self"]` and `shape["other"]` are each one's own.

    Raises:
        TracedConfigError: there is no such configuration, or it has another number of tensors.
    """
    one, other = _exactly(2, named(traced_config_name), traced_config_name)
    return (
        BinaryShape(one.shape, other.shape),
        *(dtype(one), dtype(other)),
        *(layout(one), layout(other)),
        *(memory(one), memory(other)),
    )


def _exactly(count: int, configuration: Configuration, name: str) -> list[Tensor]:
    found = tensors(configuration)
    if len(found) == count:
        return found
    helper = {
        1: "unpack_traced_config() unpacks it",
        2: "unpack_binary_traced_config() unpacks it",
    }.get(len(found), "no helper unpacks it: take its arguments by name in run(input_a_shape, ..., **kwargs)")
    raise TracedConfigError(
        f"{name}: {configuration.operation} was traced with {len(found)} tensor{'' if len(found) == 1 else 's'}, "
        f"not {count}: {helper}"
    )


@functools.lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> Master:
    return Master.read(path)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Says which master it was that didn't have an operation."""
    from tracer.errors import UnknownOperation

    try:
        yield
    except UnknownOperation as error:
        raise UnknownOperation(f"{path}: {error}") from error
