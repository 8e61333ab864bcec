"""The domains that input numbers are drawn from: what an operation needs of a tensor's numbers to be tested by them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum


class Specials(Enum):
    """Which special values are mixed in with real numbers."""

    NONE = "none"
    """None: the operation adds many numbers up, and one large number would hide the others."""
    MODERATE = "moderate"
    """Zeros, ones and powers of two, none so large or small that a product of two of them is not a normal number."""
    WIDE = "wide"
    """All magnitudes that the dtype holds: the operation only moves numbers."""


@dataclass(frozen=True, slots=True)
class Reals:
    """Real numbers around a mean.

    Attributes:
        low, high: the bounds, both inside the domain.
        mean, deviation: of the normal distribution that they are drawn from.
        avoid: points at which a rounding error flips or blows up the result.
        margin: how far numbers keep from these points.
        specials: the special values mixed in, as far as they are inside the domain.
        becomes: the dtype that the operation converts the tensor to first: numbers that it holds, too, are drawn.
    """

    low: float = -math.inf
    high: float = math.inf
    mean: float = 0.0
    deviation: float = 1.0
    avoid: tuple[float, ...] = ()
    margin: float = 0.125
    specials: Specials = Specials.NONE
    becomes: str | None = None


@dataclass(frozen=True, slots=True)
class Magnitudes:
    """Numbers away from zero, evenly spread over the orders of magnitude.

    Attributes:
        low, high: the bounds of the magnitude.
        signed: whether half of them are negative.
        avoid, margin: see `Reals`.
    """

    low: float
    high: float
    signed: bool = False
    avoid: tuple[float, ...] = ()
    margin: float = 0.125


@dataclass(frozen=True, slots=True)
class Observed:
    """Numbers like those of a trace.

    Attributes:
        low, high, mean: their range and mean, zeros and what isn't finite left out.
        deviation: how far they spread around the mean.
        zeros: the share of zeros.
        nans, positive_infinities, negative_infinities: the shares of numbers that are not finite.
        avoid, margin: see `Reals`.
    """

    low: float
    high: float
    mean: float
    deviation: float
    zeros: float = 0.0
    nans: float = 0.0
    positive_infinities: float = 0.0
    negative_infinities: float = 0.0
    avoid: tuple[float, ...] = ()
    margin: float = 0.125


@dataclass(frozen=True, slots=True)
class Fractions:
    """Numbers whose quotient by `unit` is away from all whole and half numbers.

    Attributes:
        unit: the unit.
        count: the quotient's bound; few enough that BFLOAT16 still tells the fractions apart.
        halves: whether fractions above a half occur, too; without them, truncating and rounding are the same.
        signed: whether half of the numbers are negative.
    """

    unit: float = 1.0
    count: int = 8
    halves: bool = True
    signed: bool = True


@dataclass(frozen=True, slots=True)
class Grid:
    """Multiples of a step around a point. Every dtype holds them exactly, so comparing them is exact, too.

    Attributes:
        around: the point.
        step: the step, a power of two.
        count: how many steps they reach up and down.
    """

    around: float = 0.0
    step: float = 0.25
    count: int = 8


@dataclass(frozen=True, slots=True)
class Choices:
    """A few values, equally often."""

    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class NonFinite:
    """Real numbers, one in four of them NaN or infinite: for operations that ask which are."""


@dataclass(frozen=True, slots=True)
class Integers:
    """Whole numbers from `low` to `high`, both included, as far as the dtype holds them."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Bits:
    """Any bits that an integer dtype holds."""


class Once(Enum):
    """Where an index may occur only once."""

    NOWHERE = "nowhere"
    ALONG = "along"
    """In each line along the dimension."""
    TENSOR = "tensor"
    """In the whole tensor."""


@dataclass(frozen=True, slots=True)
class Indices:
    """Indices into something of `count` entries: the first, the last, and any between.

    Attributes:
        count: the number of entries.
        once: where each may occur only once, as far as there are enough entries.
        dim: the dimension of `Once.ALONG`, counted from the end.
        ascending: whether they are sorted, from 0 to `count` itself: boundaries.
    """

    count: int
    once: Once = Once.NOWHERE
    dim: int = -1
    ascending: bool = False


@dataclass(frozen=True, slots=True)
class Positions:
    """0, 1, 2, ... along a dimension, counted from the end."""

    dim: int = -1


@dataclass(frozen=True, slots=True)
class Listed:
    """These values, in order and over again."""

    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Distinct:
    """Numbers without ties: no two along a dimension are equal in their dtype.

    Where there are more than the dtype has distinct values, the largest and the smallest third are without ties.

    Attributes:
        dim: the dimension, counted from the end; None: the whole tensor.
        negative: whether all of them are negative, so that zeros of a padding would be the largest.
    """

    dim: int | None = -1
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Mask:
    """An additive attention mask: 0 where a key counts, a large negative number where it doesn't.

    At least one key counts in each row.

    Attributes:
        causal: whether a query sees exactly the keys up to its own position; otherwise any three in four.
    """

    causal: bool = False


class Part(Enum):
    """A part of a rotation."""

    COS = "cos"
    SIN = "sin"


@dataclass(frozen=True, slots=True)
class Angles:
    """Cosines or sines of rotation angles. Those of the same shape in one call are of the same angles.

    Attributes:
        part: which.
        adjacent: whether neighbors share an angle (2i and 2i + 1), otherwise the halves (i and i + width / 2) do.
    """

    part: Part
    adjacent: bool


@dataclass(frozen=True, slots=True)
class Rotation:
    """The matrix of 32 x 32 that rotates each pair of neighbors by a quarter turn, repeated over the tensor."""


@dataclass(frozen=True, slots=True)
class Probabilities:
    """Positive numbers that add up to 1 along a dimension, counted from the end."""

    dim: int = -1


@dataclass(frozen=True, slots=True)
class OneHot:
    """One 1 in each line along a dimension, counted from the end, otherwise 0."""

    dim: int = -1


@dataclass(frozen=True, slots=True)
class Sparsity:
    """Ones at random places, otherwise zeros.

    Attributes:
        ones: how many; None: about half.
    """

    ones: int | None = None


@dataclass(frozen=True, slots=True)
class GroupMask:
    """The masks of group norm: for each group, which columns of its tiles are its channels.

    Attributes:
        channels: the channels of one group.
        negative: whether the group's columns are 0 and the others 1.
    """

    channels: int
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Reciprocals:
    """1, 1/2, 1/3, ... along the last dimension."""


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over rows, as the first half of a norm leaves them for each chip: in the first column of its tiles.

    Attributes:
        width: how many numbers each is the sum of.
        plain: whether a tile with sums of the numbers follows each tile with sums of their squares.
    """

    width: int
    plain: bool


@dataclass(frozen=True, slots=True)
class Triangle:
    """A square matrix: ones on the diagonal, and below it where `filled`, otherwise zeros."""

    filled: bool


@dataclass(frozen=True, slots=True)
class Stale:
    """A pattern that is no right answer: what an output tensor holds before the operation writes it."""


Domain = (
    Reals
    | Magnitudes
    | Observed
    | Fractions
    | Grid
    | Choices
    | NonFinite
    | Integers
    | Bits
    | Indices
    | Positions
    | Listed
    | Distinct
    | Mask
    | Angles
    | Rotation
    | Probabilities
    | OneHot
    | Sparsity
    | GroupMask
    | Reciprocals
    | Sums
    | Triangle
    | Stale
)
