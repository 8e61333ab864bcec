"""Objects of Python that JSON has no form for, and the texts that tt-metal's tracer writes of them."""

from __future__ import annotations

import ast
import re
from typing import Any, ClassVar

from tracer.errors import ConfigurationError
from tracer.values.base import Builder, LiveClass, LiveReader, Unprintable, Value
from tracer.values.dispatch import describe, register_text
from tracer.values.lost import Lost
from tracer.values.structs import Struct, StructForm
from tracer.values.text import counted

LONGEST_BYTES = 1 << 16
"""Bytes that are kept of a call's argument; longer ones are data, like a tensor's numbers."""
LONGEST_RANGE = 1 << 16
"""Numbers that a range may have to be written out as a list."""

_NUMPY_SCALARS = (
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    *("bool_", "float16", "float32", "float64", "longlong", "ulonglong", "str_"),
)
_PATHS = ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath", "Path")


class PythonForm(StructForm):
    """Objects of one of Python's own classes, which tt-metal writes as they print."""

    NAMES_FIELDS: ClassVar[bool] = False
    CLASSES: ClassVar[tuple[LiveClass, ...]]

    def register(self) -> None:
        for name in self.NAMES:
            register_text(name, self.read)

    def reader(self, live_class: LiveClass) -> LiveReader | None:
        return LiveReader(self.describe) if issubclass(live_class, self.CLASSES) else None

    def encode(self, value: Struct) -> dict[str, Any] | None:
        try:
            text = repr(self.build_live(dict(value.fields)))
            return {"type": value.type, "value": text} if _is_same(self.read(text), value) else None
        except (KeyError, OverflowError, TypeError, ValueError):
            return None

    def printed(self, value: Struct) -> str:  # noqa: ARG002 - only `encode` has the text
        raise Unprintable

    def build(self, builder: Builder, name: str, fields: dict[str, Any]) -> Any:  # noqa: ARG002 - it is Python's
        return self.build_live(fields)

    def describe(self, live: Any) -> Value:
        """Return the value of an object."""
        raise NotImplementedError

    def read(self, text: str) -> Value:
        """Read what Python prints of an object.

        Raises:
            ValueError: it is no such text.
        """
        return self.describe(ast.literal_eval(text))

    def build_live(self, fields: dict[str, Any]) -> Any:
        """Make the object of its fields."""
        raise NotImplementedError


class BytesForm(PythonForm):
    """Bytes, as hexadecimal digits."""

    NAMES: ClassVar[tuple[str, ...]] = ("bytes",)
    CLASSES: ClassVar[tuple[LiveClass, ...]] = (bytes, bytearray)

    def describe(self, live: Any) -> Value:
        if len(live) > LONGEST_BYTES:
            return Lost.of(live, counted(len(live), "byte"))
        return Struct("bytes", (("hex", bytes(live).hex()),))

    def build_live(self, fields: dict[str, Any]) -> Any:
        return bytes.fromhex(fields["hex"])


class ComplexForm(PythonForm):
    """Complex numbers."""

    NAMES: ClassVar[tuple[str, ...]] = ("complex",)
    CLASSES: ClassVar[tuple[LiveClass, ...]] = (complex,)

    def describe(self, live: Any) -> Value:
        return Struct("complex", (("real", live.real), ("imag", live.imag)))

    def read(self, text: str) -> Value:
        return self.describe(complex(text))

    def build_live(self, fields: dict[str, Any]) -> Any:
        return complex(fields["real"], fields["imag"])


class EllipsisForm(PythonForm):
    """`...`, as in `x[..., 0]`."""

    NAMES: ClassVar[tuple[str, ...]] = ("ellipsis",)
    CLASSES: ClassVar[tuple[LiveClass, ...]] = (type(Ellipsis),)

    def describe(self, live: Any) -> Value:  # noqa: ARG002 - there is only one
        return Struct("ellipsis", ())

    def read(self, text: str) -> Value:
        if text != "Ellipsis":
            raise ValueError(text)
        return Struct("ellipsis", ())

    def build_live(self, fields: dict[str, Any]) -> Any:  # noqa: ARG002 - as above
        return Ellipsis


def _is_same(one: Value, other: Value) -> bool:
    return repr(one) == repr(other)  # tells 0.0 from -0.0, and 1 from True


# -- texts of objects that are values of other types


def written_out(numbers: range) -> Value:
    """Return the numbers of a range; `Lost` if they are too many."""
    if len(numbers) > LONGEST_RANGE:
        return Lost.of(numbers)
    return tuple(numbers)


def _argument(text: str) -> Any:
    """Return the arguments of a printed call: `64` of `np.int64(64)`."""
    called = re.fullmatch(r"[\w.]+\((.*)\)", text, re.DOTALL)
    if called is None:
        raise ValueError(text)
    return ast.literal_eval(called[1])


def _read_range(text: str) -> Value:
    bounds = _argument(text)
    if not isinstance(bounds, tuple) or not all(type(each) is int for each in bounds) or not 2 <= len(bounds) <= 3:
        raise ConfigurationError(f"range must have two or three ints, not {bounds}")
    return written_out(range(*bounds))


def _read_size(text: str) -> Value:
    if not text.startswith("torch."):
        raise ValueError(text)  # ttnn has a class of that name, too
    return describe(_argument(text))


def _read_path(text: str) -> Value:
    return describe(_argument(text)) if re.match(r"\w+\(['\"]", text) else text


def register_texts() -> None:
    """Add how these texts are read."""
    register_text("range", _read_range)
    register_text("Size", _read_size)
    for name in _PATHS:
        register_text(name, _read_path)
    for name in _NUMPY_SCALARS:
        register_text(name, lambda text: describe(_argument(text)))


FORMS: tuple[StructForm, ...] = (BytesForm(), ComplexForm(), EllipsisForm())
