"""List the vectors of an export like a module's own: read their values, and encode them as farm does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from farm.core.messages import Listing, ListingProblem, VectorsListed
from farm.sweeps.errors import Unencodable
from farm.sweeps.export_values import read_back
from farm.sweeps.exports import ExportedVector
from farm.sweeps.needs import grid_of
from farm.sweeps.records import ImportedModule, ListedVector
from farm.sweeps.values import encode
from tracer.values import describe

_CACHE_SIZE = 4096


def list_exported(imported: ImportedModule, vectors: Iterable[ExportedVector]) -> Iterator[Listing]:
    """Yield the vectors that can be read, by suite, and a problem for each of the others."""
    for suite, of_suite in groupby(vectors, lambda vector: vector.suite):
        read = [_read(imported, vector) for vector in of_suite]
        if listed := [each.as_json() for each in read if isinstance(each, ListedVector)]:
            yield VectorsListed(suite, listed)
        yield from (each for each in read if isinstance(each, ListingProblem))


def _read(imported: ImportedModule, vector: ExportedVector) -> ListedVector | ListingProblem:
    try:
        return _listed(imported, vector)
    except Unencodable as error:
        return ListingProblem(str(error), vector.suite, configuration=True, input_hash=vector.input_hash)


def _listed(imported: ImportedModule, vector: ExportedVector) -> ListedVector:
    values: dict[str, Any] = {}
    columns = rows = 1
    for name, raw in vector.values.items():
        try:
            values[name], (x, y) = _encoded(raw)
        except Unencodable as error:
            raise Unencodable(f"{name}: {error}") from error
        columns, rows = max(columns, x), max(rows, y)
    return ListedVector(
        imported=imported,
        suite=vector.suite,
        index=vector.index,
        input_hash=vector.input_hash,
        values=values,
        unwritten={},
        grid=(columns, rows),
        invalid=vector.invalid,
        sources=vector.sources,
    )


_cache: dict[str, tuple[Any, tuple[int, int]]] = {}  # an export repeats the same few values


def _encoded(raw: Any) -> tuple[Any, tuple[int, int]]:
    """Return a value in farm's encoding, and the grid of compute cores that it names."""
    if raw is None or isinstance(raw, (bool, int)):
        return raw, (1, 1)
    text = json.dumps(raw)
    entry = _cache.get(text)
    if entry is None:
        value = read_back(raw)
        entry = encode(value), grid_of(describe(value))
        if len(_cache) >= _CACHE_SIZE:
            _cache.clear()
        _cache[text] = entry
    return entry
