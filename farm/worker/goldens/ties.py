"""Indices where several are right: of equal numbers, an operation may choose any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Choice:
    """An operation that chooses elements along one dimension and returns their indices.

    Attributes:
        place: where the indices stand among its outputs.
        distinct: whether it never chooses an element twice.
        dimension: the default of its parameter `dim`; None: among all elements.
    """

    place: str
    distinct: bool
    dimension: int | None


CHOICES: Mapping[str, Choice] = {
    "ttnn.argmax": Choice("", distinct=False, dimension=None),
    "ttnn.sort": Choice("[1]", distinct=True, dimension=-1),
    "ttnn.topk": Choice("[1]", distinct=True, dimension=-1),
}
"""The operations that return indices of chosen elements."""


def with_equal_choices(choice: Choice, source: Any, dim: int | None, expected: Any, actual: Any) -> Any:
    """Return the expected indices, with those of an output in place of the ones that choose an equal number.

    Args:
        choice: the operation's row.
        source: the numbers that it chooses from, in torch.
        dim: along which dimension; None: among all elements.
        expected: the golden's indices.
        actual: the output's, of the same shape.
    """
    import torch

    expected, actual = expected.to(torch.int64), actual.to(torch.int64)
    if torch.equal(expected, actual):
        return expected
    shape: tuple[int, ...] = (-1,)
    if dim is None:
        source, dim = source.reshape(-1), 0
    else:
        dim %= source.ndim
        # an output without the dimension along which it chose has it as 1 here
        shape = _with_dimension(expected.shape, source.shape, dim)
    wanted, chosen = expected.reshape(shape), actual.reshape(shape)
    inside = (chosen >= 0) & (chosen < source.shape[dim])
    found = source.gather(dim, chosen.clamp(0, source.shape[dim] - 1))
    equal = inside & (found == source.gather(dim, wanted))
    if choice.distinct:
        ordered = chosen.sort(dim).values
        repeated = (ordered.diff(dim=dim) == 0).any(dim=dim, keepdim=True)
        equal &= ~repeated
    return torch.where(equal, chosen, wanted).reshape(expected.shape)


def _with_dimension(shape: Sequence[int], source: Sequence[int], dim: int) -> tuple[int, ...]:
    if len(shape) == len(source):
        return tuple(shape)
    return (*shape[:dim], 1, *shape[dim:])
