"""Traced configurations in the forms that sweep modules expect.

Three forms have been written over time, and a module expects one of them:

* the guide's: a `traced_config_name`, which `unpack_traced_config` or `unpack_binary_traced_config` unpacks;
* by input: `input_shape`, `input_a_dtype`, `input_b_layout`, ..., `output_memory_config`;
* by argument, the latest: `input_a_shape`, ..., `arg1`, keywords by their names, `__ABSENT__` if a configuration has no
  such argument.

A suite holds the latest form; further parameters that `run()` names are added when its vectors are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from farm.sweeps.errors import TracedConfigError
from farm.sweeps.shapes import BinaryShape
from tracer.names import short
from tracer.values import EnumMember, Lost, MemoryConfig, Tensor, TypedValue, Value, encode, walk
from tracer.values.configuration import POSITION, BrokenConfiguration, Configuration, in_order

ABSENT = "__ABSENT__"
"""Stands for an argument that a configuration doesn't have."""
PROVENANCE = ("traced_source", "traced_machine_info", "config_hash")
"""Parameters that say where a configuration comes from."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

_registered: dict[str, Configuration] = {}


def name_of(configuration: Configuration) -> str:
    """Return the `traced_config_name`: derived from the content, so it means the same with any master."""
    return f"{short(configuration.operation)}_traced_{configuration.content_hash[:16]}"


def register(configuration: Configuration) -> str:
    """Make a configuration available to `configuration_of`; return its name."""
    name = name_of(configuration)
    _registered[name] = configuration
    return name


def configuration_of(name: object) -> Configuration:
    """Return the configuration of a `traced_config_name`.

    Raises:
        TracedConfigError: no loader of this process has loaded one of this name.
    """
    configuration = _registered.get(name) if isinstance(name, str) else None
    if configuration is None:
        raise TracedConfigError(
            f"no traced configuration {name!r} has been loaded here: take names from get_suite_parameters()"
        )
    return configuration


def tensors(configuration: Configuration) -> list[Tensor]:
    """Return a configuration's tensors, in the order of the call."""
    arguments = configuration.arguments
    return [value for name in in_order(arguments) if isinstance(value := arguments[name], Tensor)]


def live(value: TypedValue, what: str) -> Any:
    """Return the live object of a dtype, layout or memory config.

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
    """Return a tensor's live dtype."""
    return live(EnumMember("DataType", tensor.dtype), "dtype")


def layout(tensor: Tensor) -> Any:
    """Return a tensor's live layout; None if an early trace doesn't say."""
    return live(EnumMember("Layout", tensor.layout), "layout") if tensor.layout else None


def memory(tensor: Tensor) -> Any:
    """Return a tensor's live memory config; None if it has none."""
    return None if tensor.memory is None else live(tensor.memory, "memory config")


def output_memory(configuration: Configuration) -> Any:
    """Return the memory config of the output: as passed to the call, else as traced, else that of the first input."""
    argument = configuration.arguments.get("memory_config")
    if isinstance(argument, MemoryConfig):
        return live(argument, "memory_config")
    if isinstance(configuration.output, Tensor) and configuration.output.memory is not None:
        return memory(configuration.output)
    inputs = tensors(configuration)
    return memory(inputs[0]) if inputs else None


def by_argument(configuration: Configuration) -> dict[str, Any]:
    """Return the latest form. An argument that the trace lost is left out."""
    parameters: dict[str, Any] = {}
    count = 0
    for name in in_order(configuration.arguments):
        value = configuration.arguments[name]
        positional = POSITION.fullmatch(name) is not None
        if isinstance(value, Tensor):
            prefix = f"input_{_LETTERS[count % 26]}" if positional else name
            count += positional
            parameters.update(_of_tensor(prefix, value))
        elif not any(isinstance(part, Lost) for part in walk(value)):
            parameters[name] = _of_argument(value)
    parameters["output_memory_config"] = output_memory(configuration)
    return {**parameters, **provenance(configuration)}


def _of_tensor(prefix: str, tensor: Tensor) -> dict[str, Any]:
    parameters = {
        f"{prefix}_shape": tensor.shape,
        f"{prefix}_dtype": dtype(tensor),
        f"{prefix}_layout": layout(tensor),
        f"{prefix}_memory_config": memory(tensor),
    }
    if tensor.placement is not None:
        parameters[f"{prefix}_tensor_placement"] = tensor.placement.as_json()
    if tensor.storage == "HOST":
        parameters[f"{prefix}_storage_type"] = "StorageType.HOST"
    return parameters


def _of_argument(value: Value) -> Any:
    """Return an argument that is no tensor: scalars and enums live, others in version 2's JSON, for `run()`."""
    if isinstance(value, MemoryConfig):
        return live(value, "memory_config")
    if isinstance(value, EnumMember) and value.type:
        return live(value, value.type)
    if isinstance(value, tuple):
        return [_of_argument(part) for part in value]
    return encode(value) if isinstance(value, TypedValue) else value


def provenance(configuration: Configuration) -> dict[str, Any]:
    """Return where a configuration was seen, and tt-metal's hash of it."""
    return provenance_of([configuration])


def provenance_of(configurations: Sequence[Configuration]) -> dict[str, Any]:
    """Return where configurations of one hash were seen, and their hash."""
    machines = [execution.machine for each in configurations for execution in each.executions if execution.machine]
    unique = [machine for place, machine in enumerate(machines) if machine not in machines[:place]]
    return {
        "traced_source": _one_or_all(list(dict.fromkeys(source for each in configurations for source in each.sources))),
        "traced_machine_info": _one_or_all(unique),
        "config_hash": configurations[0].config_hash,
    }


def _one_or_all(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values or None


def by_input(configuration: Configuration) -> dict[str, Any]:
    """Return the form by input, of an operation of one or two tensors."""
    inputs = tensors(configuration)
    if not inputs:
        return {}
    parameters: dict[str, Any] = {"input_shape": inputs[0].shape}
    if len(inputs) == 2:
        parameters["input_shape"] = {"self": inputs[0].shape, "other": inputs[1].shape}
    for letter, tensor in zip("ab", inputs[:2], strict=False):
        parameters[f"input_{letter}_dtype"] = dtype(tensor)
        parameters[f"input_{letter}_layout"] = layout(tensor)
        parameters[f"input_{letter}_memory_config"] = memory(tensor)
    parameters["storage_type"] = f"StorageType.{inputs[0].storage or 'DEVICE'}"
    return {**parameters, "output_memory_config": output_memory(configuration), **provenance(configuration)}


class TracedSuite(dict[str, Any]):
    """The parameters of a suite of traced configurations, in the latest form, and what they were made of.

    Without configurations it is false, but has a name without values, so that no vector is made of it.

    Attributes:
        operation: its name.
        configurations: what the vectors are made of, in their order.
        broken: configurations of the master that can't be read.
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
        if not names:
            super().__init__({"traced_config_name": []})
        elif len(names) == 1:
            super().__init__({names[0]: [row[0] for row in rows]})
        else:
            super().__init__({",".join(names): rows})
        self._rows = rows
        self._names = names

    def __bool__(self) -> bool:
        return bool(self.configurations or self.broken)

    def vectors(self, accepts: Callable[[str], bool], *, takes_any: bool) -> Iterator[dict[str, Any]]:
        """Yield the vectors as a `run()` expects them.

        Args:
            accepts: whether it names a parameter.
            takes_any: whether it has `**kwargs`, which get the latest form's values and no others.
        """
        for configuration, row in zip(self.configurations, self._rows, strict=True):
            latest = dict(zip(self._names, row, strict=True))
            early = by_input(configuration)
            if accepts("traced_config_name"):
                early["traced_config_name"] = name_of(configuration)
                shape = early.get("input_shape")
                if isinstance(shape, dict):
                    early["input_shape"] = BinaryShape(shape["self"], shape["other"])
            vector = {name: value for name, value in latest.items() if takes_any or accepts(name)}
            vector.update({name: value for name, value in early.items() if name not in latest and accepts(name)})
            yield vector


class TracedProduct(dict[str, Any]):
    """The Cartesian product of what traced configurations have: unique shapes, dtypes, layouts and memory configs.

    Without configurations it is false, see `TracedSuite`.
    """

    def __init__(self, operation: str, configurations: list[Configuration]) -> None:
        super().__init__()
        self.operation = operation
        self._is_traced = bool(configurations)
        if not configurations:
            self["traced_config_name"] = []
            return
        counts = {len(tensors(configuration)) for configuration in configurations}
        if counts not in ({1}, {2}):
            raise TracedConfigError(
                f"{operation}: all_cases=True is for operations of one tensor or two; these configurations have "
                f"{' or '.join(map(str, sorted(counts)))}: leave it out, and take them in run(..., **kwargs)"
            )
        unique: dict[str, list[Any]] = {}
        for configuration in configurations:
            for name, value in by_input(configuration).items():
                if name not in PROVENANCE and name != "storage_type":
                    values = unique.setdefault(name, [])
                    if not any(value == other for other in values):
                        values.append(value)
        self.update(unique)

    def __bool__(self) -> bool:
        return self._is_traced
