"""What is wrong with an output's numbers, as names and texts that reports show."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from farm.core.mismatch import Element, Mismatch, Number, Places
from farm.report.text import first_line


@dataclass(frozen=True, slots=True)
class ExcerptRow:
    """One element of an excerpt: its index, both numbers and the error, as texts."""

    index: str
    expected: str
    actual: str
    error: str


def mismatch_facts(mismatch: Mismatch) -> list[tuple[str, str]]:
    """Return what is known of a mismatch, as pairs of a name and a text."""
    return [(name, first_line(text)) for name, text in _facts(mismatch) if text]


def _facts(mismatch: Mismatch) -> Iterator[tuple[str, str]]:
    share = mismatch.mismatched / mismatch.elements if mismatch.elements else 0.0
    yield "wrong elements", f"{mismatch.mismatched:,} of {mismatch.elements:,} ({share:.1%})"
    if mismatch.output is not None:
        yield "output", f"{mismatch.output}; wrong ones: {', '.join(map(str, mismatch.wrong_outputs))}"
    if mismatch.chip is not None:
        yield "chip", f"{mismatch.chip}; wrong ones: {', '.join(map(str, mismatch.wrong_chips))}"
    for name, element in (("first", mismatch.first), ("worst", mismatch.worst)):
        if element is not None:
            yield name, _element(element)
    errors = (
        (mismatch.max_abs_error, "absolute"),
        (mismatch.max_rel_error, "relative"),
        (mismatch.max_ulp, "ULP"),
    )
    yield "largest errors", ", ".join(f"{_number(value)} {unit}" for value, unit in errors if value is not None)
    yield "PCC", "" if mismatch.pcc is None else f"{mismatch.pcc:.6f}"
    yield "relative error", "" if mismatch.relative_error is None else _number(mismatch.relative_error)
    yield "off by up to", "; ".join(f"{bound:g} ULP: {count:,}" for bound, count in mismatch.ulps)
    yield "not finite", "; ".join(f"{count:,} {kind.words}" for kind, count in mismatch.nonfinite.items())
    yield "where", mismatch.where
    for places in mismatch.places:
        yield f"{places.kind}s", _places(places)
    yield "instead", "; ".join(mismatch.hints)
    yield "seed of the inputs", str(mismatch.seed)


def excerpt_rows(mismatch: Mismatch) -> list[ExcerptRow]:
    """Return the numbers around the worst element; none where none were kept."""
    excerpt = mismatch.excerpt
    if excerpt is None:
        return []
    start = 0
    for index, size in zip(excerpt.start, mismatch.shape, strict=False):
        start = start * size + index
    return [
        ExcerptRow(_index(start + step, mismatch.shape), _number(expected), _number(actual), _error(expected, actual))
        for step, (expected, actual) in enumerate(zip(excerpt.expected, excerpt.actual, strict=False))
    ]


def _index(position: int, shape: tuple[int, ...]) -> str:
    index = []
    for size in reversed(shape):
        position, inside = divmod(position, max(1, size))
        index.append(inside)
    return str(index[::-1])


def _error(expected: Number, actual: Number) -> str:
    if not (math.isfinite(expected) and math.isfinite(actual)):
        return ""
    return _number(abs(actual - expected))


def _element(element: Element) -> str:
    return f"{list(element.index)}: {_number(element.actual)} for {_number(element.expected)}"


def _places(places: Places) -> str:
    named = ", ".join(f"{name} {share:.1%}" for name, share in places.names)
    more = ", ..." if places.wrong > len(places.names) else ""
    return f"{places.wrong:,} of {places.total:,}: {named}{more}"


def _number(number: Number) -> str:
    return str(number) if isinstance(number, int) else f"{number:.6g}"
