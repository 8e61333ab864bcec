"""Number formats of ttnn's dtypes: their spacing, their limits, and values rounded to them.

Block floats hold 16 numbers at a time, which share one exponent: that of the largest. 16 elements of a tile's row make
a block; where the tile is transposed, 16 elements of a column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BLOCK = 16
"""Elements that share an exponent in a block float: a row of a tile's face."""

_EXPONENT = np.int64(0x7FF0_0000_0000_0000)
"""The exponent bits of a float64."""


class UnknownFormatError(LookupError):
    """A dtype is none of those whose number format is known."""


@dataclass(frozen=True, slots=True)
class FloatFormat:
    """A dtype of real numbers.

    Attributes:
        name: member of DataType.
        precision: bits after the leading one: the spacing between 1 and 2 is `2**-precision`. In a block, bits after
            the leading one of its largest number.
        smallest_normal: the smallest number that is no denormal. The hardware takes what is smaller for zero.
        largest: the largest finite number.
        infinite: whether it has infinities. What is too large for a format without them becomes the largest number.
        block: whether numbers share an exponent.
    """

    name: str
    precision: int
    smallest_normal: float
    largest: float
    infinite: bool = True
    block: bool = False

    @property
    def overflow(self) -> float:
        """The size from which a number is beyond the format: half a spacing above the largest."""
        spacing = float(np.spacing(self.largest)) * 2.0 ** (52 - self.precision)
        return self.largest + spacing / 2

    def spacing(self, numbers: npt.NDArray[Any], *, transposed: bool = False) -> Floats:
        """Return the distance of neighbouring numbers of this format (1 ULP) at each of the given ones.

        It is `2**(floor(log2(abs(x))) - precision)`, as David Goldberg defines a unit in the last place ("What every
        computer scientist should know about floating-point arithmetic", 1991), and that of the smallest normal number
        for what is smaller. Of a block, all have the spacing of its largest; where that is within one spacing of the
        next power of two, the spacing beyond it, for a right output may round up to there. It is infinite at what is
        not finite, and in a block with such a number.

        Args:
            numbers: float64 of any shape; for blocks, float32 as well.
            transposed: whether tiles are transposed, so that blocks are along the last dimension but one.
        """
        if not self.block:
            return self._spacing_at(numbers)
        if transposed and numbers.ndim > 1:
            return np.swapaxes(self.spacing(np.ascontiguousarray(np.swapaxes(numbers, -1, -2))), -1, -2)
        return _spread(self.spacing_of_blocks(numbers), numbers.shape)

    def spacing_of_blocks(self, numbers: npt.NDArray[Any]) -> Floats:
        """Return the spacing of each block of a row: one for 16 numbers, as in `spacing`."""
        largest = _largest_of_blocks(np.abs(numbers)).astype(np.float64)
        with np.errstate(over="ignore"):
            return self._spacing_at(largest * (1 + np.ldexp(1.0, -self.precision)))

    def rounded(self, numbers: Floats, *, transposed: bool = False) -> Floats:
        """Return numbers as this format holds them: the nearest ones, ties to even, as ttnn's host conversions do.

        What is smaller than the smallest normal number stays as it is in formats without blocks: the host keeps
        denormals. In a block, everything is rounded to the spacing of its largest number, which doesn't round up to the
        next power of two: it stays at the largest number with its exponent.

        Args:
            numbers: float64 of any shape.
            transposed: as in `spacing`.
        """
        if not self.block:
            spacing = self._spacing_at(numbers)
            limit: Floats | float = self.largest
        elif transposed and numbers.ndim > 1:
            return np.swapaxes(self.rounded(np.ascontiguousarray(np.swapaxes(numbers, -1, -2))), -1, -2)
        else:
            largest = _largest_of_blocks(np.minimum(np.abs(numbers), self.largest))
            blocks = self._spacing_at(largest)
            blocks[largest < self.smallest_normal] = np.inf  # its exponent would be a denormal's: all become zero
            spacing = _spread(blocks, numbers.shape)
            limit = spacing * (2 ** (self.precision + 1) - 1)
        with np.errstate(invalid="ignore", over="ignore"):
            rounded: Floats = np.where(np.isfinite(numbers), np.rint(numbers / spacing) * spacing, numbers)
            rounded[np.isnan(rounded) & ~np.isnan(numbers)] = 0.0  # 0 times an infinite spacing
            if self.infinite:
                rounded[np.abs(rounded) > limit] *= np.inf
                return rounded
            return np.clip(rounded, -limit, limit)

    def _spacing_at(self, numbers: Floats) -> Floats:
        power = (np.ascontiguousarray(numbers).view(np.int64) & _EXPONENT).view(np.float64)
        if power.size and power.min() < self.smallest_normal:
            np.maximum(power, self.smallest_normal, out=power)
        power *= np.ldexp(1.0, -self.precision)
        return power


@dataclass(frozen=True, slots=True)
class IntegerFormat:
    """A dtype of integers; their spacing is 1.

    Attributes:
        name: member of DataType.
        bits: the width.
        signed: whether it has negative numbers.
    """

    name: str
    bits: int
    signed: bool
    block: ClassVar[bool] = False
    infinite: ClassVar[bool] = False
    smallest_normal: ClassVar[float] = 0.0
    overflow: ClassVar[float] = np.inf
    largest: ClassVar[float] = np.inf

    def spacing(self, numbers: npt.NDArray[Any], *, transposed: bool = False) -> Floats:  # noqa: ARG002 - as `FloatFormat`
        """Return 1 for each number."""
        return np.ones(numbers.shape)

    def rounded(self, numbers: Floats, *, transposed: bool = False) -> Floats:  # noqa: ARG002 - as `FloatFormat`
        """Return the numbers themselves: `values` made integers of them."""
        return numbers

    def values(self, numbers: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
        """Return numbers as this format holds them, in int64.

        Integers wrap at its width, as arithmetic of this width does. Reals lose their fraction, as a cast in C does;
        too large ones become the largest, NaN becomes zero.
        """
        if numbers.dtype.kind == "f":
            limits = np.iinfo(f"{'i' if self.signed else 'u'}{self.bits // 8}")
            numbers = np.clip(np.nan_to_num(numbers.astype(np.float64)), limits.min, limits.max)
        wide = numbers.astype(np.int64)
        return wide.astype(f"{'i' if self.signed else 'u'}{self.bits // 8}").astype(np.int64)


NumberFormat: TypeAlias = FloatFormat | IntegerFormat

_SMALLEST = 2.0**-126
"""The smallest normal number of an exponent of 8 bits with a bias of 127."""

FORMATS: Mapping[str, NumberFormat] = {
    each.name: each
    for each in (
        # IEEE 754 binary32, and its upper half
        FloatFormat("FLOAT32", 23, _SMALLEST, float(np.finfo(np.float32).max)),
        FloatFormat("BFLOAT16", 7, _SMALLEST, 2.0**128 - 2.0**120),
        # a shared exponent of 8 bits, then a sign and 7 or 3 bits for each number, without a hidden one: the leading
        # one of the largest number is among them. Measured by `from_torch` and `to_torch` of ttnn 0.81.1.
        FloatFormat("BFLOAT8_B", 6, _SMALLEST, 2.0**128 - 2.0**121, infinite=False, block=True),
        FloatFormat("BFLOAT4_B", 2, _SMALLEST, 2.0**128 - 2.0**125, infinite=False, block=True),
        # OCP 8-bit floating point, revision 1.0: E4M3 has no infinities, and its largest number is 448
        FloatFormat("FP8_E4M3", 3, 2.0**-6, 448.0, infinite=False),
        IntegerFormat("UINT8", 8, signed=False),
        IntegerFormat("UINT16", 16, signed=False),
        IntegerFormat("UINT32", 32, signed=False),
        IntegerFormat("INT8", 8, signed=True),
        IntegerFormat("INT32", 32, signed=True),
    )
}
"""The formats of ttnn's dtypes, by the names of DataType."""


def number_format(dtype: str) -> NumberFormat:
    """Return the format of a dtype.

    Raises:
        UnknownFormatError: it is none of those above.
    """
    try:
        return FORMATS[dtype]
    except KeyError:
        raise UnknownFormatError(f"farm doesn't know the number format of dtype {dtype}") from None


def _largest_of_blocks(sizes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the largest of each block of a row: the last dimension becomes that of blocks."""
    if not sizes.ndim:
        return sizes.reshape(1)
    length = sizes.shape[-1]
    if length % BLOCK:  # ttnn fills rows up with zeros
        padding = [(0, 0)] * (sizes.ndim - 1) + [(0, -length % BLOCK)]
        sizes = np.pad(sizes, padding)
    # the largest of all runs of 16 elements, of which every sixteenth is a block: six times faster than
    # along a last dimension of 16, which is too short for it
    runs = sizes.reshape(-1)
    for shift in (8, 4, 2, 1):
        runs = np.maximum(runs[:-shift], runs[shift:])
    return runs[::BLOCK].reshape(*sizes.shape[:-1], -1)


def _spread(blocks: Floats, shape: tuple[int, ...]) -> Floats:
    """Return what blocks have for each of their elements."""
    if not shape:
        return blocks.reshape(())
    return np.repeat(blocks, BLOCK, axis=-1)[..., : shape[-1]]
