"""Domains of indices, positions and page tables: bounded by the tensor that they point into."""

from __future__ import annotations

import math
from dataclasses import dataclass

from farm.judging.call_facts import CallFacts
from farm.judging.input_domains import Choices, Domain, Indices, Integers, Listed, Once
from farm.judging.input_operands import from_the_end, scalar, tensor_of
from tracer.values import Tensor


@dataclass(frozen=True, slots=True)
class IndicesInto:
    """The rule of indices into another tensor.

    Attributes:
        names: the parameter of that tensor; several are alternatives.
        dim: the dimension that is indexed; None: the argument `dim` says.
        once: where an index may occur only once: along that dimension if the call says it, else along the last.
    """

    names: tuple[str, ...]
    dim: int | None = 0
    once: Once = Once.NOWHERE

    def __call__(self, facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
        """Return the domain."""
        table = tensor_of(facts, *self.names)
        dim = int(scalar(facts, "dim", "index_dim") or 0) if self.dim is None else self.dim
        if table is None or not -len(table.shape) <= dim < len(table.shape):
            return Indices(1)
        line = from_the_end(dim, table) if self.dim is None and self.once is Once.ALONG else -1
        return Indices(table.shape[dim], self.once, line)


def positions(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Positions in a cache: those of its pages where there is a page table. Each at most once."""
    cache = tensor_of(facts, "cache_tensor", "cache_tensor1", "cache", "input_tensor_k")
    pages = tensor_of(facts, "page_table", "page_table_tensor")
    if cache is None:
        return Indices(1)
    modulo = scalar(facts, "cache_position_modulo")
    capacity = cache.shape[-2] * (1 if pages is None else pages.shape[-1])
    return Indices(min(capacity, int(modulo)) if modulo else capacity, Once.TENSOR)


def rows_of_pages(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Rows of a cache, counted over all its pages."""
    cache = tensor_of(facts, "cache_tensor1", "cache_tensor")
    return Indices(1 if cache is None else cache.shape[0] * cache.shape[-2], Once.TENSOR)


def pages(facts: CallFacts, _parameter: str, tensor: Tensor) -> Domain:
    """Pages of a cache. No two users share one, as far as there are enough."""
    cache = tensor_of(facts, "cache_tensor", "cache_tensor1", "input_tensor_k")
    count = math.prod(tensor.shape) if cache is None else cache.shape[0]
    return Indices(count, Once.TENSOR if math.prod(tensor.shape) <= count else Once.ALONG)


def chunk_start(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """The position of the last whole chunk that a paged cache has room for."""
    query, cache = tensor_of(facts, "input_tensor_q"), tensor_of(facts, "input_tensor_k")
    table = tensor_of(facts, "page_table_tensor")
    if query is None or cache is None or table is None:
        return Choices((0,))
    length, capacity = query.shape[-2], cache.shape[-2] * table.shape[-1]
    return Listed((max(0, capacity - length) // length * length,))


def windows(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Boundaries of windows over the keys."""
    keys = tensor_of(facts, "input_tensor_k")
    return Indices(1 if keys is None else keys.shape[-2], ascending=True)


def slice_ends(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Where a slice ends: the first of the equal parts that the call says."""
    sliced = tensor_of(facts, "input_tensor")
    parts, dim = scalar(facts, "num_devices"), scalar(facts, "slice_dim")
    if sliced is None:
        return Choices((1,))
    ends = list(sliced.shape)
    if parts and dim is not None:
        ends[from_the_end(dim, sliced)] //= int(parts)
    return Listed(tuple(map(float, ends)))


def classes(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Classes of a loss: those that the other inputs have."""
    inputs = tensor_of(facts, "input_tensor", "input_grad_tensor")
    weights = tensor_of(facts, "weight_tensor")
    if inputs is not None and len(inputs.shape) >= 2:
        return Indices(inputs.shape[1])
    return Indices(1 if weights is None else weights.shape[-1])


def lengths(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Lengths of sequences, up to that of the input."""
    inputs = tensor_of(facts, "input_tensor")
    return Integers(1, 1 if inputs is None else inputs.shape[-2])


def blocks(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Blocks of 128 tokens of a sparse attention."""
    keys = tensor_of(facts, "k")
    return Indices(1 if keys is None else max(1, keys.shape[-2] // 128), Once.ALONG)


def experts(facts: CallFacts, _parameter: str, _tensor: Tensor) -> Domain:
    """Experts of each token, none of them twice."""
    mapping = tensor_of(facts, "expert_mapping_tensor", "expert_mapping", "tilize_expert_mapping_tensor")
    return Indices(1 if mapping is None else mapping.shape[-2], Once.ALONG)
