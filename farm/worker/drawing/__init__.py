"""Drawing of input numbers: a domain, a shape and random streams come in, an array comes out.

Runs inside the worker; it uses numpy, and the domains of `farm.judging.input_domains`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from farm.core.numeric_options import InputStyle
from farm.judging import input_domains as domains
from farm.worker.drawing import integers, reals, structures
from farm.worker.drawing.formats import Array, Request, format_of

_DRAWN: Mapping[type, Callable[[Any, Request], Array]] = {
    domains.Reals: reals.draw_reals,
    domains.Magnitudes: reals.draw_magnitudes,
    domains.Observed: reals.draw_observed,
    domains.Fractions: reals.draw_fractions,
    domains.NonFinite: reals.draw_non_finite,
    domains.Integers: integers.draw_integers,
    domains.Bits: integers.draw_bits,
    domains.Grid: integers.draw_grid,
    domains.Choices: integers.draw_choices,
    domains.Indices: integers.draw_indices,
    domains.Positions: integers.draw_positions,
    domains.Distinct: integers.draw_distinct,
    domains.Mask: structures.draw_mask,
    domains.Angles: structures.draw_angles,
    domains.Rotation: structures.rotation,
    domains.Probabilities: structures.draw_probabilities,
    domains.OneHot: structures.draw_one_hot,
    domains.Sparsity: structures.draw_sparsity,
    domains.GroupMask: structures.group_masks,
    domains.Reciprocals: structures.reciprocals,
    domains.Sums: structures.draw_sums,
    domains.Triangle: structures.triangle,
    domains.Listed: structures.listed,
    domains.Stale: structures.stale,
}


def draw(
    domain: domains.Domain,
    shape: tuple[int, ...],
    dtype: str,
    style: InputStyle,
    streams: Callable[[str], np.random.Generator],
) -> Array:
    """Draw the numbers of a tensor, in the array type that ttnn converts to its dtype.

    Args:
        domain: what they are drawn from.
        shape: the tensor's.
        dtype: the tensor's, by its name in DataType.
        style: how they are drawn. What has to be valid (indices, masks) is the same in each style.
        streams: gives a random stream: the tensor's own by the empty name, one that all tensors of a call share by
            another.
    """
    held = format_of(dtype)
    if 0 in shape:
        return np.empty(shape, held.array)
    shared = isinstance(domain, domains.Angles)
    matrices = (*[1] * (4 - len(shape)), *shape)  # some numbers mean something only in rows, matrices or groups of them
    request = Request(matrices, held, style, streams("angles" if shared else ""))
    return np.require(_DRAWN[type(domain)](domain, request).reshape(shape), held.array, ("C", "W"))  # as ttnn takes it
