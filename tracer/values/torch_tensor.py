"""Tensors of torch, without their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from tracer.errors import RebuildError
from tracer.signatures import Type
from tracer.values.base import Builder, EnumMembers, LiveClass, LiveReader, TypedValue
from tracer.values.spellings import dimensions, member
from tracer.values.text import bracketed


@dataclass(frozen=True, slots=True)
class TorchTensor(TypedValue):
    """A `torch.Tensor` without its numbers; `dtype` as torch prints it, without `torch.`."""

    shape: tuple[int, ...]
    dtype: str

    JSON_TYPES: ClassVar[tuple[str, ...]] = ("torch.Tensor",)
    NEEDS_DEVICE: ClassVar[bool] = True  # a call may write to it
    NOT_KEPT: ClassVar[str] = "numbers"

    @classmethod
    def reader(cls, live_class: LiveClass) -> LiveReader | None:
        if any(base.__module__ == "torch" and base.__name__ == "Tensor" for base in live_class.__mro__):
            return LiveReader(cls.describe)
        return None

    @classmethod
    def describe(cls, live: Any) -> TorchTensor:
        return cls(tuple(live.shape), str(live.dtype).removeprefix("torch."))

    def encode(self) -> dict[str, Any]:
        return {"type": "torch.Tensor", "shape": list(self.shape), "dtype": f"torch.{self.dtype}"}

    @classmethod
    def decode(cls, raw: Any) -> TorchTensor:
        dtype = member(raw.get("dtype", raw.get("original_dtype")), "dtype")
        return cls(dimensions(raw.get("shape", raw.get("original_shape")), "shape"), dtype.removeprefix("torch."))

    def build(self, builder: Builder) -> Any:  # noqa: ARG002 - it is torch's
        try:
            import torch
        except ImportError as error:
            raise RebuildError("the call takes a torch tensor, and torch isn't installed here") from error
        return torch.zeros(self.shape, dtype=getattr(torch, self.dtype))

    def show(self) -> str:
        return f"torch.Tensor(shape={bracketed(self.shape)}, dtype={self.dtype})"

    def fits(self, parameter: Type, enum_members: EnumMembers) -> bool:  # noqa: ARG002 - it is no enum
        return parameter.name == "torch.Tensor"

    @property
    def label(self) -> str:
        return "TorchTensor"
