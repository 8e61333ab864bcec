"""Statistics of the numbers in a traced tensor: what a sweep needs to draw inputs like them.

They say nothing about which call it is, so no hash of a configuration covers them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracer.errors import ConfigurationError

_SHARES = ("zeros", "nans", "positive_infinities", "negative_infinities")
_RANGE = ("minimum", "maximum", "mean")
_DIGITS = 9
"""Significant digits that are kept of what is not integral: enough to tell any two float32 apart."""
_ALL = 1 - 1e-8
"""Shares that add up to this are of all numbers: each of them is rounded."""


@dataclass(frozen=True, slots=True)
class ValueStatistics:
    """Statistics of the numbers in one tensor, or in the tensors that were one argument of several calls.

    Attributes:
        count: how many numbers were looked at, at least one.
        minimum: the least finite number; 0 if there is no finite number.
        maximum: the largest finite number; 0 likewise.
        mean: of the finite numbers; 0 likewise.
        zeros: the share of zeros among all numbers, 0 to 1.
        nans: the share of NaNs.
        positive_infinities: the share of +inf.
        negative_infinities: the share of -inf.
    """

    count: int
    minimum: float
    maximum: float
    mean: float
    zeros: float = 0.0
    nans: float = 0.0
    positive_infinities: float = 0.0
    negative_infinities: float = 0.0

    @property
    def infinities(self) -> float:
        """The share of infinities of either sign."""
        return self.positive_infinities + self.negative_infinities

    @property
    def non_finite(self) -> float:
        """The share of NaNs and infinities."""
        return min(self.nans + self.infinities, 1.0)

    @property
    def has_finite(self) -> bool:
        """Whether there is a finite number, so that minimum, maximum and mean say something."""
        return self.non_finite < _ALL

    def as_json(self) -> dict[str, Any]:
        """Return a plain dict, without shares of 0 and without the range of no finite number."""
        raw: dict[str, Any] = {"count": self.count}
        if self.has_finite:
            raw.update((name, _plain(getattr(self, name))) for name in _RANGE)
        raw.update((name, _plain(share)) for name in _SHARES if (share := getattr(self, name)))
        return raw

    @classmethod
    def from_json(cls, raw: Any) -> ValueStatistics:
        """Read what `as_json` wrote; unknown keys are passed over.

        Raises:
            ConfigurationError: it is no such object, or its numbers are impossible.
        """
        if not isinstance(raw, Mapping):
            raise ConfigurationError(f"must be an object, not {_brief(raw)}")
        count = raw.get("count")
        if type(count) is not int or count < 1:
            raise ConfigurationError(f"count must be an int of at least 1, not {_brief(count)}")
        shares = {name: _number(name, raw.get(name, 0)) for name in _SHARES}
        if wrong := next((name for name, share in shares.items() if not 0 <= share <= 1), None):
            raise ConfigurationError(f"{wrong} must be a share between 0 and 1, not {_brief(raw[wrong])}")
        if sum(shares.values()) > 1 + 1e-6:
            raise ConfigurationError(f"the shares add up to {sum(shares.values()):g}, more than 1")
        statistics = cls(count, 0.0, 0.0, 0.0, **shares)
        if not statistics.has_finite:
            return statistics
        minimum, maximum, mean = (_number(name, raw.get(name)) for name in _RANGE)
        if not minimum <= mean <= maximum:
            raise ConfigurationError(
                f"the mean must be between minimum and maximum, but {mean:g} is not in {minimum:g} to {maximum:g}"
            )
        return cls(count, minimum, maximum, mean, **shares)

    @property
    def text(self) -> str:
        """Return them in words: `values -3.2 to 4.1, mean 0.02, 12 % zeros`."""
        if not self.has_finite:
            parts = ["no finite value"]
        elif self.minimum == self.maximum:
            parts = [f"values all {_short(self.minimum)}"]
        else:
            parts = [f"values {_short(self.minimum)} to {_short(self.maximum)}", f"mean {_short(self.mean)}"]
        shares = ((self.zeros, "zeros"), (self.nans, "NaN"))
        infinities = ((self.positive_infinities, "inf"), (self.negative_infinities, "-inf"))
        return ", ".join(parts + [f"{_percent(share)} {name}" for share, name in (*shares, *infinities) if share])


def merged(first: ValueStatistics, *others: ValueStatistics) -> ValueStatistics:
    """Return the statistics of all numbers that went into several.

    Means and shares are weighted by how many numbers they are of.
    """
    several = (first, *others)
    if not others:
        return first
    count = sum(each.count for each in several)
    shares = {name: math.fsum(getattr(each, name) * each.count for each in several) / count for name in _SHARES}
    ranges = [each for each in several if each.has_finite]
    if not ranges:
        return rounded(ValueStatistics(count, 0.0, 0.0, 0.0, **shares))
    weights = [each.count * (1 - each.non_finite) for each in ranges]
    total = math.fsum(weights)
    # of numbers near the edge of float64, the sum of products may overflow where the sum of parts can't
    mean = math.fsum(each.mean * (weight / total) for each, weight in zip(ranges, weights, strict=True))
    return rounded(
        ValueStatistics(
            count, min(each.minimum for each in ranges), max(each.maximum for each in ranges), mean, **shares
        )
    )


def rounded(exact: ValueStatistics) -> ValueStatistics:
    """Return statistics with as many digits as are worth keeping, the mean still between minimum and maximum."""
    minimum, maximum = (each if each.is_integer() else _round(each) for each in (exact.minimum, exact.maximum))
    mean = min(max(_round(exact.mean), minimum), maximum)
    shares = {name: min(_round(getattr(exact, name)), 1.0) for name in _SHARES}
    return ValueStatistics(exact.count, minimum, maximum, mean, **shares)


def statistics_json(statistics: Mapping[str, ValueStatistics]) -> dict[str, Any]:
    """Return the JSON of the statistics of a call's tensors, by where they are in it: `arg0`, `arg2[1]`, `bias`."""
    return {place: each.as_json() for place, each in statistics.items()}


def read_statistics(raw: Any) -> tuple[dict[str, ValueStatistics], dict[str, Any]]:
    """Read the statistics of a call's tensors as a file has them; of what can't be read, the JSON is returned, too.

    Returns:
        the statistics by place, and the JSON of those that can't be read, by place; all of it is at "" if it is no
        object.
    """
    if not isinstance(raw, Mapping):
        return {}, {"": raw}
    parts = {place: _read(each) for place, each in raw.items()}
    good = {place: each for place, each in parts.items() if isinstance(each, ValueStatistics)}
    return good, {place: each for place, each in raw.items() if place not in good}


def written_statistics(good: Mapping[str, ValueStatistics], bad: Mapping[str, Any]) -> Any:
    """Return the JSON that `read_statistics` read."""
    return bad[""] if "" in bad and not good and len(bad) == 1 else {**bad, **statistics_json(good)}


def problem_of(raw: Any) -> str:
    """Return why the JSON of statistics can't be read; empty if it can."""
    problem = _read(raw)
    return "" if isinstance(problem, ValueStatistics) else problem


def join_statistics(old: dict[str, ValueStatistics], new: Mapping[str, ValueStatistics]) -> bool:
    """Add statistics of more numbers to those of a call; return whether anything changed.

    Equal ones are taken for those of the same numbers.
    """
    others = {place: each for place, each in new.items() if old.get(place) != each}
    add_statistics(old, others)
    return bool(others)


def add_statistics(old: dict[str, ValueStatistics], new: Mapping[str, ValueStatistics]) -> None:
    """Add statistics of other numbers to those of a call."""
    for place, each in new.items():
        old[place] = merged(old[place], each) if place in old else each


def _read(raw: Any) -> ValueStatistics | str:
    """Read the JSON of statistics, or return why it can't be read."""
    try:
        return ValueStatistics.from_json(raw)
    except ConfigurationError as error:
        return str(error)


def _round(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")


def _plain(number: float) -> float | int:
    """Return an integral number as an int, which is shorter."""
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _short(number: float) -> str:
    """Return a number for people: integers below a billion whole, others with three significant digits."""
    return str(int(number)) if number.is_integer() and abs(number) < 1e9 else f"{number:.3g}"


def _percent(share: float) -> str:
    percent = share * 100
    if percent < 0.01:
        return "<0.01 %"
    digits = 2 if percent < 99 else 4  # what is short of 100 % is not shown as that
    return f"{percent:.{digits}g} %"


def _number(name: str, raw: Any) -> float:
    number = math.nan
    if type(raw) in (int, float):
        try:
            number = float(raw)
        except OverflowError:
            number = math.inf
    if not math.isfinite(number):
        raise ConfigurationError(f"{name} must be a finite number, not {_brief(raw)}")
    return number


def _brief(raw: object) -> str:
    # only an error needs it, and importing all kinds of values would take a quarter of a light command's start
    from tracer.values.text import brief

    return brief(raw)
