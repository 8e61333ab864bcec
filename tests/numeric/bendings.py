"""Ways in which an output can be wrong. Each takes right numbers and bends them, or says that it doesn't apply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from tests.numeric.double import Place

TILE = 32
FACE = 16


class NotApplicable(Exception):  # noqa: N818 - it names the finding
    """A bending that means nothing for an output; the text says why."""


Bending = Callable[[Any, Place], Any]
BENDINGS: dict[str, Bending] = {}


def bending(name: str) -> Callable[[Bending], Bending]:
    """Register a bending."""

    def register(function: Bending) -> Bending:
        BENDINGS[name] = function
        return function

    return register


def _size(numbers: Any) -> float:
    """The root mean square of the finite numbers; at least 1 for integers."""
    if not numbers.is_floating_point():
        return max(1.0, float(numbers.double().square().mean().sqrt()))
    finite = numbers[torch.isfinite(numbers)]
    return float(finite.square().mean().sqrt()) if finite.numel() else 0.0


def _floating(numbers: Any) -> Any:
    if not numbers.is_floating_point():
        raise NotApplicable("integers")
    return numbers


def _rows(numbers: Any) -> Any:
    """The numbers as rows: what is not the last dimension, folded."""
    if numbers.ndim < 1 or numbers.numel() == 0:
        raise NotApplicable("a scalar")
    return numbers.reshape(-1, numbers.shape[-1])


def _changed(numbers: Any, change: Callable[[Any], None]) -> Any:
    """The numbers as rows, changed in place, in their own shape again."""
    rows = _rows(numbers).clone()
    change(rows)
    return rows.reshape(numbers.shape)


@bending("twice")
def twice(numbers: Any, _: Place) -> Any:
    """Twice as large."""
    return numbers * 2


@bending("negated")
def negated(numbers: Any, _: Place) -> Any:
    """The other sign."""
    return -numbers


@bending("zeroed")
def zeroed(numbers: Any, _: Place) -> Any:
    """Never written, where memory was zero."""
    return torch.zeros_like(numbers)


@bending("offset")
def offset(numbers: Any, _: Place) -> Any:
    """Shifted by a tenth of its size: its PCC stays 1."""
    return numbers + (0.1 * _size(numbers) if numbers.is_floating_point() else 1)


@bending("scaled by 1.1")
def scaled(numbers: Any, _: Place) -> Any:
    """A tenth too large."""
    return _floating(numbers) * 1.1


@bending("one element")
def one_element(numbers: Any, _: Place) -> Any:
    """One element off by twice the output's size."""

    def change(rows: Any) -> None:
        rows[len(rows) // 2, rows.shape[1] // 2] += 2 * _size(numbers) if rows.is_floating_point() else 1

    return _changed(numbers, change)


@bending("one tile")
def one_tile(numbers: Any, _: Place) -> Any:
    """The first tile never written."""

    def change(rows: Any) -> None:
        rows[:TILE, :TILE] = 0

    return _changed(numbers, change)


@bending("one face")
def one_face(numbers: Any, _: Place) -> Any:
    """A face of a tile upside down."""
    if _rows(numbers).shape[0] < 2:
        raise NotApplicable("one row")

    def change(rows: Any) -> None:
        rows[:FACE, :FACE] = rows[:FACE, :FACE].flip(0)

    return _changed(numbers, change)


@bending("one row")
def one_row(numbers: Any, _: Place) -> Any:
    """A row backwards."""

    def change(rows: Any) -> None:
        rows[len(rows) // 2] = rows[len(rows) // 2].flip(0)

    return _changed(numbers, change)


@bending("last row missing")
def last_row(numbers: Any, _: Place) -> Any:
    """The last row never written."""

    def change(rows: Any) -> None:
        rows[-1] = 0

    return _changed(numbers, change)


@bending("one shard")
def one_shard(numbers: Any, place: Place) -> Any:
    """The last shard never written."""
    spec = place.tensor.memory_config().shard_spec
    if spec is None:
        raise NotApplicable("not sharded")
    height, width = spec.shape

    def change(rows: Any) -> None:
        across = max(1, -(-rows.shape[1] // width))
        rows[(len(rows) - 1) // height * height :, (across - 1) * width :] = 0

    return _changed(numbers, change)


@bending("one chip's part")
def one_chip(numbers: Any, place: Place) -> Any:
    """What the second chip holds is zero."""
    if place.chips < 2:
        raise NotApplicable("one chip")
    return torch.zeros_like(numbers) if place.chip == 1 else numbers


@bending("transposed tile")
def transposed_tile(numbers: Any, _: Place) -> Any:
    """The first tile transposed."""
    rows = _rows(numbers)
    side = min(TILE, *rows.shape)
    if side < 2:
        raise NotApplicable("no square of 2 x 2")

    def change(rows: Any) -> None:
        rows[:side, :side] = rows[:side, :side].T.clone()

    return _changed(numbers, change)


@bending("swapped halves")
def swapped_halves(numbers: Any, _: Place) -> Any:
    """The halves of the last dimension swapped."""
    width = _rows(numbers).shape[1]
    if width < 2:
        raise NotApplicable("one column")
    return numbers.roll(width // 2, -1)


@bending("index off by one")
def off_by_one(numbers: Any, _: Place) -> Any:
    """Everything one element further."""
    return numbers.reshape(-1).roll(1).reshape(numbers.shape)


@bending("wrong broadcast")
def wrong_broadcast(numbers: Any, _: Place) -> Any:
    """The first row in place of all."""
    return _rows(numbers)[:1].expand(_rows(numbers).shape).reshape(numbers.shape)


@bending("stale output")
def stale(numbers: Any, place: Place) -> Any:
    """What the output held before: its operand where it is computed in place, else ones that memory held."""
    return torch.ones_like(numbers) if place.before is None else place.before.reshape(numbers.shape).to(numbers.dtype)


@bending("previous vector's output")
def previous(numbers: Any, _: Place) -> Any:
    """Numbers of the same size that belong to another vector."""
    noise = torch.randn(numbers.shape, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    bent = noise * _size(numbers)
    return bent if numbers.is_floating_point() else bent.round().abs().to(numbers.dtype)


@bending("truncated mantissa")
def truncated(numbers: Any, _: Place) -> Any:
    """Two bits of mantissa are left."""
    mantissa, exponent = torch.frexp(_floating(numbers))
    return torch.ldexp(torch.trunc(mantissa * 8) / 8, exponent)


@bending("saturation")
def saturation(numbers: Any, _: Place) -> Any:
    """Cut off at half the largest value."""
    values = _floating(numbers)
    largest = float(values[torch.isfinite(values)].abs().max()) / 2
    return values.clamp(-largest, largest)


@bending("NaN")
def nan(numbers: Any, _: Place) -> Any:
    """One NaN."""

    def change(rows: Any) -> None:
        rows[0, 0] = float("nan")

    return _changed(_floating(numbers), change)


@bending("Inf")
def inf(numbers: Any, _: Place) -> Any:
    """One infinity."""

    def change(rows: Any) -> None:
        rows[-1, -1] = float("inf")

    return _changed(_floating(numbers), change)


@bending("3 % noise")
def noise(numbers: Any, _: Place) -> Any:
    """Each element off by 3 %, up or down."""
    values = _floating(numbers)
    signs = torch.randint(0, 2, values.shape, generator=torch.Generator().manual_seed(3)).double() * 2 - 1
    return values * (1 + 0.03 * signs)


@bending("padding leaked in")
def padding(numbers: Any, _: Place) -> Any:
    """The last column holds what stands behind it: a large number of the padding."""

    def change(rows: Any) -> None:
        rows[:, -1] = 10 * max(_size(numbers), 1e-3) if rows.is_floating_point() else 3

    return _changed(numbers, change)


@bending("chips swapped")
def chips_swapped(numbers: Any, place: Place) -> Any:
    """Each chip holds another one's part."""
    if place.chips < 2:
        raise NotApplicable("one chip")
    if place.other is None or bool(torch.equal(place.other, numbers)):
        raise NotApplicable("both chips hold the same")
    return place.other
