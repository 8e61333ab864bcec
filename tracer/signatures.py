"""The overloads of a ttnn operation, read from the text ttnn documents them with.

nanobind prints one line per overload at the head of a docstring:

    __call__(self, input_tensor_a: ttnn._ttnn.tensor.Tensor, *, dtype: ttnn._ttnn.tensor.DataType | None = None) -> ...

`parse_overloads` turns that text into data and needs no ttnn; `overloads` finds the text of a live operation.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Literal

Kind = Literal["positional", "positional_only", "keyword_only", "var_positional", "var_keyword"]

_HEAD = re.compile(r"[A-Za-z_]\w*\(")
_NAMED = re.compile(r"(\*{0,2})([A-Za-z_]\w*)\s*(?::\s*(.*))?", re.DOTALL)
_OPENING, _CLOSING, _QUOTES = "([{<", ")]}>", "'\""
_UNIONS = ("Optional", "Union")


@dataclass(frozen=True, slots=True)
class Type:
    """One type of a signature, not a union: `collections.abc.Sequence` of `int`.

    Attributes:
        name: as printed, with its module: `ttnn._ttnn.tensor.Tensor`, `int`, `None`.
        arguments: what stands in its brackets; each is the alternatives of a union.
    """

    name: str
    arguments: tuple[tuple[Type, ...], ...] = ()

    @property
    def short(self) -> str:
        """The name without its module or namespace: `Tensor`, `Sequence`, `MatmulMultiCoreProgramConfig`."""
        return _short(self.name)


@cache
def _short(name: str) -> str:
    return re.split(r"\.|::", name)[-1]


@dataclass(frozen=True)
class Parameter:
    """One parameter of an overload.

    Attributes:
        name: as keyword arguments name it.
        type: the type as printed, module prefixes kept; "" where there is none.
        kind: `positional` ones may be passed by keyword too, `positional_only` ones may not.
        default: the default as printed, None without one. It is text: some print as `<... object at 0x...>`.
    """

    name: str
    type: str
    kind: Kind
    default: str | None = None

    @property
    def has_default(self) -> bool:
        """Whether a call may omit it."""
        return self.default is not None

    @cached_property
    def alternatives(self) -> tuple[Type, ...]:
        """The type as the alternatives of its union, `None` among them where it is allowed; empty without a type."""
        return parse_type(self.type)


@dataclass(frozen=True)
class Overload:
    """One way to call an operation: its parameters without `self`, in order, and the text it was read from."""

    parameters: tuple[Parameter, ...]
    returns: str
    text: str

    @cached_property
    def positional(self) -> tuple[Parameter, ...]:
        """The parameters that a call may pass by position."""
        return tuple(p for p in self.parameters if p.kind in ("positional", "positional_only"))

    @cached_property
    def by_name(self) -> dict[str, Parameter]:
        """The parameters by their names."""
        return {parameter.name: parameter for parameter in self.parameters}


def parse_overloads(doc: str) -> list[Overload]:
    """Parse the signatures at the head of a docstring; the prose after them is not parsed.

    Args:
        doc: a docstring of nanobind, `name(parameters) -> type` once per overload.

    Raises:
        ValueError: a line begins like a signature but is not one.
    """
    overloads: list[Overload] = []
    rest = doc.lstrip()
    while head := _HEAD.match(rest):
        end = _closing(rest, head.end() - 1)
        after = rest[end + 1 :]
        line, _, following = after.partition("\n")
        if not line.startswith(" -> "):
            break  # prose that begins with a call, as in `foo(x) does ...`
        parameters = tuple(_parameters(rest[head.end() : end]))
        overloads.append(Overload(parameters, line.removeprefix(" -> ").strip(), rest[: end + 1] + line))
        rest = following
    return overloads


def parse_type(text: str) -> tuple[Type, ...]:
    """Parse a type into the alternatives of its union: `int | None` is two, `Sequence[int]` one.

    C++ names that nanobind had no Python name for (`ttnn::operations::...`) are kept as they are.
    """
    alternatives: list[Type] = []
    for part in _split(text, "|"):
        bracket = part.find("[")
        if bracket < 0 or not part.endswith("]"):
            alternatives.append(Type({"NoneType": "None"}.get(part, part)))
            continue
        name, inside = part[:bracket], _split(part[bracket + 1 : -1], ",")
        if name.rpartition(".")[2] in _UNIONS:
            alternatives += [each for argument in inside for each in parse_type(argument)]
            if name.endswith("Optional"):
                alternatives.append(Type("None"))
        else:
            alternatives.append(Type(name, tuple(parse_type(argument) for argument in inside)))
    return tuple(dict.fromkeys(alternatives))


def overloads(operation: Any) -> list[Overload]:
    """Return the overloads of a live operation of ttnn; empty if it documents none. Parsed once per operation."""
    name = getattr(operation, "python_fully_qualified_name", None)
    if name is None:
        return _read(operation)
    if name not in _overloads:
        _overloads[name] = _read(operation.function)
    return _overloads[name]


_overloads: dict[str, list[Overload]] = {}


def _read(function: Any) -> list[Overload]:
    # A bound C++ operation is an object with a documented __call__, a bound function documents itself, and a
    # Python function has a signature.
    for doc in (getattr(type(function).__call__, "__doc__", None), getattr(function, "__doc__", None)):
        if doc and (parsed := parse_overloads(doc)):
            return parsed
    try:
        return [_of_python(inspect.signature(function))]
    except (TypeError, ValueError):
        return []


def _of_python(signature: inspect.Signature) -> Overload:
    kinds: dict[Any, Kind] = {
        inspect.Parameter.POSITIONAL_ONLY: "positional_only",
        inspect.Parameter.POSITIONAL_OR_KEYWORD: "positional",
        inspect.Parameter.KEYWORD_ONLY: "keyword_only",
        inspect.Parameter.VAR_POSITIONAL: "var_positional",
        inspect.Parameter.VAR_KEYWORD: "var_keyword",
    }
    parameters = tuple(
        Parameter(
            each.name,
            "" if each.annotation is each.empty else _annotation(each.annotation),
            kinds[each.kind],
            None if each.default is each.empty else repr(each.default),
        )
        for each in signature.parameters.values()
    )
    returns = "" if signature.return_annotation is signature.empty else _annotation(signature.return_annotation)
    return Overload(parameters, returns, str(signature))


def _annotation(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"ForwardRef\('([^']*)'\)", r"\1", text)


def _parameters(text: str) -> Iterator[Parameter]:
    kind: Kind = "positional"
    parameters: list[Parameter] = []
    for part in _split(text, ","):
        if part == "*":
            kind = "keyword_only"
            continue
        if part == "/":
            parameters = [Parameter(each.name, each.type, "positional_only", each.default) for each in parameters]
            continue
        declaration, default = _default(part)
        named = _NAMED.fullmatch(declaration)
        if named is None:
            raise ValueError(f"can't read the parameter {part!r}")
        stars, name, type_ = named.groups()
        if name == "self" and not parameters and type_ is None:
            continue
        if stars:
            parameters.append(Parameter(name, type_ or "", "var_positional" if stars == "*" else "var_keyword"))
            kind = "keyword_only"
        else:
            parameters.append(Parameter(name, type_ or "", kind, default))
    yield from parameters


def _default(part: str) -> tuple[str, str | None]:
    for place, depth in _depths(part):
        if depth == 0 and part.startswith(" = ", place):
            return part[:place], part[place + 3 :]
    return part, None


def _split(text: str, separator: str) -> list[str]:
    """Split at a separator outside brackets and quotes."""
    parts, start = [], 0
    for place, depth in _depths(text):
        if depth == 0 and text[place] == separator:
            parts.append(text[start:place].strip())
            start = place + 1
    parts.append(text[start:].strip())
    return [part for part in parts if part]


def _closing(text: str, opening: int) -> int:
    """Return the place of the bracket that closes the one at `opening`."""
    for place, depth in _depths(text[opening:]):
        if depth == 0 and place > 0:
            return opening + place
    raise ValueError(f"a bracket is never closed: {text[: opening + 40]!r}")


def _depths(text: str) -> Iterator[tuple[int, int]]:
    """Yield every place outside quotes with its depth in brackets; a closing bracket counts as outside its own."""
    depth, quote, escaped = 0, "", False
    for place, character in enumerate(text):
        if quote:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == quote:
                quote = ""
            continue
        if character in _QUOTES:
            quote = character
        elif character in _OPENING:
            depth += 1
        elif character in _CLOSING and not (character == ">" and text[place - 1 : place] == "-"):
            depth -= 1
        yield place, depth
