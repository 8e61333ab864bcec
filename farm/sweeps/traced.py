"""Traced configurations in the forms that sweep modules take them in.

Three forms have been written over time, and one module takes one of them:

* the guide's: a `traced_config_name`, which `unpack_traced_config` or `unpack_binary_traced_config` unpacks;
* by input: `input_shape`, `input_a_dtype`, `input_b_layout`, ..., `output_memory_config`;
* by argument, the later one: `input_a_shape`, ..., `arg1`, keywords by their names, `__ABSENT__` where a configuration
  has no such argument.

A suite holds the last; what else `run()` names is added when its vectors are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from farm.sweeps.errors import TracedConfigError
from farm.sweeps.shapes import BinaryShape
from tracer.names import short
from tracer.values import EnumMember, Lost, MemoryConfig, Tensor, Value, encode, walk
from tracer.values.configuration import BrokenConfiguration, Configuration, in_order

ABSENT = "__ABSENT__"
PROVENANCE = ("traced_source", "traced_machine_info", "config_hash")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

_named: dict[str, Configuration] = {}


def name_of(configuration: Configuration) -> str:
    """The `traced_config_name` of a configuration: of its content, so it means the same with any master."""
    return f"{short(configuration.operation)}_traced_{configuration.content_hash[:16]}"


def register(configuration: Configuration) -> str:
    """Makes a configuration known by its name, which it returns."""
    name = name_of(configuration)
    _named[name] = configuration
    return name


def named(name: object) -> Configuration:
    """The configuration of a name.

    Raises:
        TracedConfigError: no loader of this process has loaded one of this name.
    """
    found = _named.get(name) if isinstance(name, str) else None
    if found is None:
        raise TracedConfigError(
            f"no traced configuration {name!r} has been loaded here: take names from get_suite_parameters()"
        )
    return found


def tensors(configuration: Configuration) -> list[Tensor]:
    """Its tensors, in the order of the call."""
    arguments = configuration.arguments
    return [value for name in in_order(arguments) if isinstance(value := arguments[name], Tensor)]


def live(value: Value, what: str) -> Any:
    """The live object of a dtype, layout or memory config.

    Raises:
        TracedConfigError: the trace lost it, or this ttnn has no such thing.
    """
    from tracer.errors import RebuildError
    from tracer.values.live import shared

    try:
        return shared(value)
    except RebuildError as error:
        raise TracedConfigError(f"{what}: {error}") from error


def dtype(tensor: Tensor) -> Any:
    """A tensor's dtype, live."""
    return live(EnumMember("DataType", tensor.dtype), "dtype")


def layout(tensor: Tensor) -> Any:
    """A tensor's layout, live; None where an early trace doesn't say."""
    return live(EnumMember("Layout", tensor.layout), "layout") if tensor.layout else None


def memory(tensor: Tensor) -> Any:
    """A tensor's memory config, live; None where it has none."""
    return None if tensor.memory is None else live(tensor.memory, "memory config")


def output_memory(configuration: Configuration) -> Any:
    """Where the output went: as the call asked, else as it was seen, else where the first input was."""
    asked = configuration.arguments.get("memory_config")
    if isinstance(asked, MemoryConfig):
        return live(asked, "memory_config")
    if isinstance(configuration.output, Tensor) and configuration.output.memory is not None:
        return memory(configuration.output)
    found = tensors(configuration)
    return memory(found[0]) if found else None


def by_argument(configuration: Configuration) -> dict[str, Any]:
    """The later form. An argument that the trace lost is not in it."""
    given: dict[str, Any] = {}
    count = 0
    for name in in_order(configuration.arguments):
        value = configuration.arguments[name]
        placed = name.startswith("arg") and name[3:].isdecimal()
        if isinstance(value, Tensor):
            prefix = f"input_{_LETTERS[count % 26]}" if placed else name
            count += placed
            given.update(_of_tensor(prefix, value))
        elif not any(isinstance(part, Lost) for part in walk(value)):
            given[name] = _plain(value)
    given["output_memory_config"] = output_memory(configuration)
    return {**given, **provenance(configuration)}


def _of_tensor(prefix: str, tensor: Tensor) -> dict[str, Any]:
    given = {
        f"{prefix}_shape": tensor.shape,
        f"{prefix}_dtype": dtype(tensor),
        f"{prefix}_layout": layout(tensor),
        f"{prefix}_memory_config": memory(tensor),
    }
    if tensor.placement is not None:
        given[f"{prefix}_tensor_placement"] = encode(tensor)["tensor_placement"]
    if tensor.storage == "HOST":
        given[f"{prefix}_storage_type"] = "StorageType.HOST"
    return given


def _plain(value: Value) -> Any:
    """An argument that is no tensor: scalars and enums live, objects as version 2 has them, for `run()` to convert."""
    if isinstance(value, MemoryConfig):
        return live(value, "memory_config")
    if isinstance(value, EnumMember) and value.type:
        return live(value, value.type)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else encode(value)


def provenance(configuration: Configuration) -> dict[str, Any]:
    """Where a configuration was seen, and tt-metal's hash of it."""
    machines = [seen.machine for seen in configuration.executions if seen.machine]
    unique = [machine for place, machine in enumerate(machines) if machine not in machines[:place]]
    return {
        "traced_source": _one_or_all(list(configuration.sources)),
        "traced_machine_info": _one_or_all(unique),
        "config_hash": configuration.config_hash,
    }


def _one_or_all(found: list[Any]) -> Any:
    return found[0] if len(found) == 1 else found or None


def by_input(configuration: Configuration) -> dict[str, Any]:
    """The middle form, of an operation of one or two tensors."""
    found = tensors(configuration)
    if not found:
        return {}
    both = len(found) == 2
    given: dict[str, Any] = {"input_shape": found[0].shape}
    if both:
        given["input_shape"] = {"self": found[0].shape, "other": found[1].shape}
    for letter, tensor in zip("ab", found[:2], strict=False):
        given[f"input_{letter}_dtype"] = dtype(tensor)
        given[f"input_{letter}_layout"] = layout(tensor)
        given[f"input_{letter}_memory_config"] = memory(tensor)
    given["storage_type"] = f"StorageType.{found[0].storage or 'DEVICE'}"
    return {**given, "output_memory_config": output_memory(configuration), **provenance(configuration)}


class TracedSuite(dict[str, Any]):
    """The parameters of a suite of traced configurations: the later form, and what it was made of.

    Attributes:
        operation: its name.
        configurations: what the vectors are made of, in their order.
        broken: configurations of the master that make no sense.
    """

    def __init__(self, operation: str, configurations: list[Configuration], broken: list[BrokenConfiguration]) -> None:
        self.operation = operation
        self.configurations = configurations
        self.broken = broken
        for configuration in configurations:
            register(configuration)
        forms = [by_argument(configuration) for configuration in configurations]
        names = list(dict.fromkeys(name for form in forms for name in form))
        rows = [tuple(form.get(name, ABSENT) for name in names) for form in forms]
        if len(names) == 1:
            super().__init__({names[0]: [row[0] for row in rows]})
        else:
            super().__init__({",".join(names): rows})
        self._forms = rows
        self._names = names

    def vectors(self, accepts: Callable[[str], bool], *, takes_any: bool) -> Iterator[dict[str, Any]]:
        """The vectors as a `run()` takes them.

        Args:
            accepts: whether it names a parameter.
            takes_any: whether it has `**kwargs`, which get the later form's values and no others.
        """
        for configuration, row in zip(self.configurations, self._forms, strict=True):
            later = dict(zip(self._names, row, strict=True))
            early = by_input(configuration)
            if accepts("traced_config_name"):
                early["traced_config_name"] = name_of(configuration)
                shape = early.get("input_shape")
                if isinstance(shape, dict):
                    early["input_shape"] = BinaryShape(shape["self"], shape["other"])
            given = {name: value for name, value in later.items() if takes_any or accepts(name)}
            given.update({name: value for name, value in early.items() if name not in later and accepts(name)})
            yield given


class TracedProduct(dict[str, Any]):
    """The Cartesian product of what traced configurations have: unique shapes, dtypes, layouts and memory configs."""

    def __init__(self, operation: str, configurations: list[Configuration]) -> None:
        super().__init__()
        self.operation = operation
        counts = {len(tensors(configuration)) for configuration in configurations}
        if counts not in ({1}, {2}):
            raise TracedConfigError(
                f"{operation}: all_cases=True is for operations of one tensor or two; these configurations have "
                f"{' or '.join(map(str, sorted(counts)))}: leave it out, and take them in run(..., **kwargs)"
            )
        seen: dict[str, list[Any]] = {}
        for configuration in configurations:
            for name, value in by_input(configuration).items():
                if name not in PROVENANCE and name != "storage_type":
                    held = seen.setdefault(name, [])
                    if not any(value == other for other in held):
                        held.append(value)
        self.update(seen)
