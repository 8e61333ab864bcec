"""List a sweep module's vectors as a stream of messages, with one chunk in memory at a time."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from farm.core.listing_detail import Detail
from farm.core.messages import (
    Listing,
    ListingEnd,
    ListingProblem,
    ListVectors,
    ModuleImported,
    VectorsListed,
)
from farm.core.sweep_module import SweepModule
from farm.core.traced_opening import traced_openings
from farm.sweeps.errors import ModuleError, Unencodable
from farm.sweeps.exports import ExportedVector
from farm.sweeps.hashing import Invalidity
from farm.sweeps.needs import needs
from farm.sweeps.records import ImportedModule, ListedVector
from farm.sweeps.suites import selects
from farm.sweeps.traced import TracedSuite
from farm.sweeps.values import Encoder
from farm.worker.counting import counted_suite
from farm.worker.export_forms import ExportForms
from farm.worker.exported import list_exported
from farm.worker.grids import Grids
from farm.worker.modules import LoadedModule, forget, is_loaded, load
from farm.worker.vector_hashes import SuiteHasher
from tracer.values.configuration import Configuration

CHUNK = 200
CHUNK_SECONDS = 0.25
"""How often vectors of a slow generator are sent, so that it doesn't seem to hang; in seconds."""


def list_vectors(request: ListVectors) -> Iterator[Listing]:
    """Yield the messages that answer a request. Exceptions of the module become `ListingProblem`."""
    while _modules_of_exports and _modules_of_exports[-1].file != request.module.file:
        forget(_modules_of_exports.pop())
    was_loaded = is_loaded(request.module)
    yield from _answer(request)
    if not was_loaded:
        if request.exported is None:
            forget(request.module)
        else:
            _modules_of_exports.append(request.module)


_modules_of_exports: list[SweepModule] = []  # a module of an export: more of its vectors may follow


def _answer(request: ListVectors) -> Iterator[Listing]:
    try:
        module = load(request.module)
    except ModuleError as error:
        yield ListingProblem(str(error))
        yield ListingEnd()
        return
    imported = ImportedModule(
        request.module, module.timeout, fixture=module.fixture is not None, suites=tuple(module.parameters)
    )
    yield ModuleImported(imported.timeout, imported.fixture, imported.suites, module.loaders)
    if request.exported is not None:
        yield from list_exported(imported, map(ExportedVector.from_json, request.exported))
        yield ListingEnd()
        return
    for suite in module.parameters:
        if request.suites is None or selects(request.suites, suite):
            yield from _of_suite(module, imported, suite, request)
    yield ListingEnd()


def _of_suite(module: LoadedModule, imported: ImportedModule, suite: str, request: ListVectors) -> Iterator[Listing]:
    try:
        counted = counted_suite(module, suite) if request.detail.counts else None
        if counted is not None:
            yield from counted.counts() if request.detail is Detail.COUNTS else counted.judged_counts()
            return
    except ModuleError as error:
        yield ListingProblem(f"{module.name}, suite {suite!r}: {error}", suite)
        return
    yield from _suite(module, imported, suite, request)


def _suite(module: LoadedModule, imported: ImportedModule, suite: str, request: ListVectors) -> Iterator[Listing]:
    chunk: list[Mapping[str, Any]] = []
    sent = time.monotonic()
    try:
        for vector in _vectors(module, imported, suite, request):
            chunk.append(vector.as_json())
            if len(chunk) >= CHUNK or time.monotonic() - sent > CHUNK_SECONDS:
                yield VectorsListed(suite, chunk)
                chunk, sent = [], time.monotonic()
    except ModuleError as error:
        if chunk:
            yield VectorsListed(suite, chunk)
        yield ListingProblem(f"{module.name}, suite {suite!r}: {error}", suite)
        return
    if chunk:
        yield VectorsListed(suite, chunk)
    parameters = module.parameters[suite]
    if isinstance(parameters, TracedSuite):
        for broken in parameters.broken:
            yield ListingProblem(f"{module.name}, suite {suite!r}: {broken}", suite, configuration=True)


def _vectors(
    module: LoadedModule, imported: ImportedModule, suite: str, request: ListVectors
) -> Iterator[ListedVector]:
    encoder, hasher, grids = Encoder(), SuiteHasher(module, suite), Grids()
    forms = ExportForms(hasher) if request.detail is Detail.EXPORT_FORMS else None
    parameters = module.parameters[suite]
    configurations = parameters.configurations if isinstance(parameters, TracedSuite) else []
    of_one_hash = _by_hash(configurations)
    for index, vector in enumerate(module.vectors(suite)):
        invalidity, broken = _judged(module, suite, vector)
        values, unwritten = _written(vector, encoder)
        listed = ListedVector(
            imported=imported,
            suite=suite,
            index=index,
            input_hash=hasher.input_hash(index, vector, invalidity),
            values=values,
            unwritten=unwritten,
            grid=grids.of(vector),
            invalid=None if invalidity is None else invalidity.text,
            broken=broken,
            former_hash=hasher.former_hash(vector, invalidity) if request.former else "",
        )
        equal = _equal(configurations[index], of_one_hash) if configurations else []
        if forms is not None:
            listed = replace(listed, export_form=forms.of(vector, invalidity, equal))
        yield _of_trace(listed, configurations[index], equal) if configurations else listed


def _judged(module: LoadedModule, suite: str, vector: dict[str, Any]) -> tuple[Invalidity | None, str]:
    """The module's statement about an invalid vector, or what is wrong with its `invalidate_vector`."""
    try:
        return module.invalidity(suite, vector), ""
    except ModuleError as error:
        return None, f"{module.name}, suite {suite!r}: {error}"


def _by_hash(configurations: Iterable[Configuration]) -> dict[str, list[Configuration]]:
    """Configurations by their `config_hash`: those of one hash are one vector."""
    by_hash: dict[str, list[Configuration]] = {}
    for configuration in configurations:
        by_hash.setdefault(configuration.config_hash, []).append(configuration)
    return by_hash


def _equal(configuration: Configuration, of_one_hash: Mapping[str, Sequence[Configuration]]) -> Sequence[Configuration]:
    """All configurations of the hash of one, or that one alone if it has none."""
    return of_one_hash[configuration.config_hash] if configuration.config_hash else [configuration]


def _of_trace(listed: ListedVector, configuration: Configuration, equal: Sequence[Configuration]) -> ListedVector:
    """A vector with what its trace adds: hash and models, lost arguments, and how the board was or must be opened.

    Models and openings are those of all configurations of its hash.
    """
    return replace(
        listed,
        grid=needs(configuration.operation, configuration.arguments).grid,
        config_hash=configuration.config_hash,
        sources=tuple(dict.fromkeys(source for each in equal for source in each.sources)),
        lost=tuple(configuration.lost),
        openings=traced_openings([execution for each in equal for execution in each.executions]),
    )


def _written(vector: Mapping[str, Any], encoder: Encoder) -> tuple[dict[str, Any], dict[str, str]]:
    """The encoded values of those that can be written down, and for the others why they can't; both by name."""
    values, unwritten = {}, {}
    for name, value in vector.items():
        written = encoder.encode(value)
        if isinstance(written, Unencodable):
            unwritten[name] = str(written)
        else:
            values[name] = written
    return values, unwritten
