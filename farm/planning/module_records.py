"""Stream what the sweep modules of a spec define: suites, vectors and problems."""

from __future__ import annotations

import difflib
import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from farm.core.board import Board
from farm.core.errors import FarmError, NothingSelected
from farm.core.isolation import Isolation
from farm.core.listing_detail import Detail
from farm.core.messages import ListVectors
from farm.core.sweep_module import SweepModule
from farm.core.sweep_spec import SweepSpec, options
from farm.planning.equal_vectors import EqualVectors
from farm.planning.exported_vectors import ExportListing, ModuleIndex
from farm.planning.module_listing import Lister, ListingIn, ListingProcess, list_modules, listing_process
from farm.planning.module_loaders import loader_lines
from farm.planning.tags import tagged_file
from farm.sweeps import dumps
from farm.sweeps.finding import MAX_NAMES, find_modules, idle_skips, is_selected, module_folder
from farm.sweeps.loader import MASTER_VARIABLE
from farm.sweeps.merged_information import with_merged_information
from farm.sweeps.records import CountedRecord, ImportedModule, ListedVector, ModuleProblem, Record
from farm.sweeps.suites import selects
from farm.sweeps.vector_files import recognize


def selected_modules(spec: SweepSpec) -> list[SweepModule]:
    """The modules that a spec names, found by looking at files: nothing is imported.

    Raises:
        FarmError: there is no such checkout, folder, file or master.
        NothingSelected: it has no such module, or the master has no such tag.
    """
    master = _master(spec)
    # a relative path would mean nothing where the modules are imported
    environment = {} if master is None else {MASTER_VARIABLE: str(master.resolve())}
    return find_modules(
        module_folder(spec.tt_metal, spec.sweeps, selectors=spec.modules),
        spec.modules,
        spec.skip,
        environment=environment,
        import_seconds=spec.import_timeout,
    )


def master_of_modules(spec: SweepSpec) -> Path | None:
    """The master that modules read: of `--master`, or of the variable that their loaders read; None for their own."""
    variable = os.environ.get(MASTER_VARIABLE)
    return spec.master or (Path(variable) if variable else None)


def _master(spec: SweepSpec) -> Path | None:
    """The part of that master which the spec's tags select.

    Raises:
        FarmError: there is no such file. tt-metal's loader would take its own master in its place.
        NothingSelected: it has no such tag.
    """
    master = master_of_modules(spec)
    if master is not None and not master.exists():
        name = f"{MASTER_VARIABLE}={master}" if spec.master is None else f"--master {master}"
        raise FarmError(f"{name}: there is no such file")
    return tagged_file(master, spec.tags) if spec.tags else master


def module_records(
    spec: SweepSpec,
    boards: Sequence[Board],
    note: Callable[[str], None] = lambda _text: None,
    equal: EqualVectors | None = None,
    *,
    listing: ListingIn = lambda _boards, _modules: None,
    former: Collection[str] = (),
    detail: Detail = Detail.VECTORS,
) -> Iterator[Record]:
    """Stream what the modules of a spec define, from a worker that imports them, or from the spec's vectors file.

    Equal vectors of a suite come once.

    Args:
        spec: names the modules and their suites. If it names a farm and this host has no ttnn, the farm imports them.
        boards: where the vectors will run; their ttnn imports the modules.
        note: gets a line for each suite that is empty, and on the modules' loaders.
        equal: counts the vectors that were merged into equal ones.
        listing: see `ListingIn`.
        former: the names of the modules whose vectors' former hashes are needed.
        detail: how much is listed of the modules' own vectors.

    Raises:
        FarmError: there is no such checkout, folder or file.
        NothingSelected: it has no such module, or no module has a suite that the spec names.
        NotRunnable: no ttnn can import the modules.
    """
    imported: list[ImportedModule] = []
    expected = -1  # how many modules will be imported, where that is known
    filled: set[tuple[str, str]] = set()  # the modules' suites that have a vector or a problem
    with tempfile.TemporaryDirectory(prefix="farm-listing-", ignore_cleanup_errors=True) as folder:
        export: ExportListing | None = None
        if spec.vectors_file is not None and not imports_modules(spec):
            records = _of_farm(spec, spec.vectors_file)
        else:
            process = listing_process(boards, Path(folder), spec)
            if spec.vectors_file is None:
                modules = selected_modules(spec)
                expected = len(modules)
                own = listing(boards, modules)
                records = list_modules(modules, spec.suites or None, own or process, former, detail)
                if detail is Detail.EXPORT_FORMS:
                    records = with_merged_information(records)
            else:
                export = _export(spec, spec.vectors_file, process)
                listing(boards, ())
                records = export.records()
        for record in (equal or EqualVectors()).unique(records, of_export=export is not None):
            if isinstance(record, ImportedModule):
                imported.append(record)
                if len(imported) == expected:  # before the vectors, at which a limit may end the listing
                    _require_suites(spec, {each.module.name: each.suites for each in imported})
            if isinstance(record, ListedVector):
                if spec.suites and not selects(spec.suites, record.suite):
                    continue
                filled.add((record.imported.module.name, record.suite))
            elif isinstance(record, ModuleProblem):
                filled.add((record.module, record.suite))
            yield record
    suites = {each.module.name: each.suites for each in imported} if export is None else export.selected_suites()
    for line in (*loader_lines(imported), *(export.notes if export else ()), *_notes(spec, suites, filled)):
        note(line)


def counted_records(
    spec: SweepSpec,
    modules: Sequence[SweepModule],
    boards: Sequence[Board],
    detail: Detail,
    note: Callable[[str], None] = lambda _text: None,
) -> Iterator[CountedRecord]:
    """Stream what modules define, with numbers of vectors instead of each vector where possible.

    Args:
        spec: as of `module_records`; it names the suites.
        modules: those that it selects.
        boards: as of `module_records`.
        detail: how much is listed of the vectors.
        note: as of `module_records`.

    Raises:
        NothingSelected: no module has a suite that the spec names.
        NotRunnable: no ttnn can import the modules.
    """
    imported: list[ImportedModule] = []
    filled: set[tuple[str, str]] = set()
    with tempfile.TemporaryDirectory(prefix="farm-listing-", ignore_cleanup_errors=True) as folder:
        lister = Lister(listing_process(boards, Path(folder), spec))
        try:
            for module in modules:
                for record in lister.counted(ListVectors(module, spec.suites or None, detail=detail)):
                    match record:
                        case ImportedModule():
                            imported.append(record)
                        case ModuleProblem():
                            filled.add((record.module, record.suite))
                        case _:
                            filled.add((module.name, record.suite))
                    yield record
        finally:
            lister.close()
    suites = {each.module.name: each.suites for each in imported}
    for line in (*loader_lines(imported), *_notes(spec, suites, filled)):
        note(line)


def require_suites(spec: SweepSpec, boards: Sequence[Board], imported: Iterable[ImportedModule]) -> None:
    """Check that each suite that a spec names is a module's, where a limit ended the listing.

    The modules that were left out are imported until each suite is found.

    Args:
        spec: names the modules and their suites.
        boards: as of `module_records`.
        imported: the modules that were listed.

    Raises:
        NothingSelected: no module has one of the suites, and all of them could be imported.
    """
    suites = {each.module.name: each.suites for each in imported}
    missing = [suite for suite in spec.suites if not _is_suite(suite, suites)]
    if not missing or spec.vectors_file is not None:
        return
    left_out = [module for module in selected_modules(spec) if module.name not in suites]
    with tempfile.TemporaryDirectory(prefix="farm-listing-", ignore_cleanup_errors=True) as folder:
        lister = Lister(listing_process(boards, Path(folder), spec))
        try:
            for module in left_out:
                for record in lister.counted(ListVectors(module, missing, detail=Detail.COUNTS)):
                    if isinstance(record, ImportedModule):
                        suites[module.name] = record.suites
                if module.name not in suites or all(_is_suite(suite, suites) for suite in missing):
                    return  # one that can't be imported may have it
        finally:
            lister.close()
    _require_suites(spec, suites)


def imports_modules(spec: SweepSpec) -> bool:
    """Return whether the modules of a spec must be found: not if its file of vectors has all that is needed.

    Raises:
        FarmError: the file can't be read, or is of no format.
    """
    return spec.vectors_file is None or recognize(spec.vectors_file).imports_modules


def _of_farm(spec: SweepSpec, path: Path) -> Iterator[Record]:
    """Return the records of a file that `farm vectors --out` wrote.

    Raises:
        FarmError: an option about modules was passed as well, or it can't be read.
    """
    in_container = spec.isolate is Isolation.CONTAINER  # which shows the folders that the options name
    names = ("modules", "skip", *(() if in_container else ("tt_metal", "sweeps")))
    if superfluous := next((name for name in names if getattr(spec, name)), None):
        option = options()[superfluous].name
        raise FarmError(
            f"{option} has no effect on {path}, which has the vectors with all that they need: leave it out"
        )
    return dumps.read(path)


def _export(spec: SweepSpec, path: Path, process: ListingProcess) -> ExportListing:
    place = module_folder(spec.tt_metal, spec.sweeps, selectors=spec.modules)
    return ExportListing(
        path,
        ModuleIndex(place, spec.import_timeout),
        Lister(process),
        is_selected=lambda name: is_selected(name, place, spec.modules, spec.skip),
        selects_suite=lambda suite: not spec.suites or selects(spec.suites, suite),
    )


def _notes(spec: SweepSpec, suites: Mapping[str, Sequence[str]], filled: set[tuple[str, str]]) -> Iterator[str]:
    """Yield notes: which of the modules' suites are empty, and which names of the spec no suite or module has.

    Raises:
        NothingSelected: no module has a suite that the spec names, and all of them could be imported.
    """
    for module, of_module in suites.items():
        for suite in of_module:
            empty = (module, suite) not in filled and (module, "") not in filled
            if empty and (not spec.suites or selects(spec.suites, suite)):
                yield f"suite {suite!r} of {module} has no vector"
    if all(module in suites for module, _ in filled):
        _require_suites(spec, suites)
    yield from _missing_suites(spec, suites)
    if spec.skip and spec.vectors_file is None:
        yield from idle_skips(module_folder(spec.tt_metal, spec.sweeps, selectors=spec.modules), spec.skip)


def _require_suites(spec: SweepSpec, suites: Mapping[str, Sequence[str]]) -> None:
    """Check that each suite that a spec names is a module's, unless a module without any suite might have it."""
    if all(suites.values()) and (missing := list(_missing_suites(spec, suites))):
        raise NothingSelected("; ".join(missing))


def _missing_suites(spec: SweepSpec, suites: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield a line for each suite that a spec names and no module has."""
    existing = sorted({suite for of_module in suites.values() for suite in of_module})
    for suite in spec.suites if suites else ():
        if not _is_suite(suite, suites):
            yield f"no module has a suite {suite!r}; {_advice(suite, existing)}"


def _is_suite(suite: str, suites: Mapping[str, Sequence[str]]) -> bool:
    return any(selects(of_module, suite) for of_module in suites.values())


def _advice(suite: str, existing: Sequence[str]) -> str:
    """The existing suites, those with similar names first; names ignore case."""
    by_name = {each.casefold(): each for each in existing}
    existing = list(by_name.values())
    close = [by_name[each] for each in difflib.get_close_matches(suite.casefold(), by_name)]
    meant = f"did you mean {' or '.join(close)}? " if close else ""
    more = f" and {len(existing) - MAX_NAMES} more" if len(existing) > MAX_NAMES else ""
    names = [*close, *(each for each in existing if each not in close)][:MAX_NAMES]
    return f"{meant}suites are {', '.join(names) or 'none'}{more}"
