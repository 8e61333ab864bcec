"""Sweep modules as a command line names them, and what there is of them."""

from __future__ import annotations

import hashlib
import heapq
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

from farm.core.board import Board
from farm.core.sweep_module import SweepModule
from farm.planning.module_listing import list_modules, listing_process
from farm.planning.vectors import Vector
from farm.sweeps import dumps
from farm.sweeps.finding import find_modules, place_of
from farm.sweeps.loader import MASTER_VARIABLE
from farm.sweeps.records import Imported, Listed, Problem, Record


@dataclass(frozen=True, slots=True)
class ModuleSelection:
    """Sweep modules, as a command line names them.

    Attributes:
        names: names, prefixes and globs; all, where there are none.
        skip: the same, of those to leave out.
        tt_metal: a checkout.
        sweeps: a folder or file of modules.
        dump: a file of `farm vectors --out`, instead.
        suites: the suites to take; all, where there are none.
        master: what the modules' loaders read; None leaves it to them.
        import_seconds: how long importing one may take.
    """

    names: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    tt_metal: Path | None = None
    sweeps: Path | None = None
    dump: Path | None = None
    suites: tuple[str, ...] = ()
    master: Path | None = None
    import_seconds: float = 120.0

    @property
    def any(self) -> bool:
        """Whether modules were asked for at all."""
        return bool(self.names or self.tt_metal or self.sweeps or self.dump)

    def as_json(self) -> dict[str, Any]:
        """What a run's details keep of it; empty where no modules were asked for."""
        if not self.any:
            return {}
        told = {
            "modules": list(self.names),
            "skip": list(self.skip),
            "suites": list(self.suites),
            "tt_metal": self.tt_metal and str(self.tt_metal),
            "sweeps": self.sweeps and str(self.sweeps),
            "vectors_file": self.dump and str(self.dump),
        }
        return {name: value for name, value in told.items() if value}

    def modules(self) -> list[SweepModule]:
        """The modules, found by looking at files.

        Raises:
            FarmError: there is no such place.
            NothingSelected: there is no such module in it.
        """
        place = place_of(self.tt_metal, self.sweeps)
        environment = {} if self.master is None else {MASTER_VARIABLE: str(self.master.resolve())}
        return find_modules(place, self.names, self.skip, environment=environment, import_seconds=self.import_seconds)


def module_records(
    choice: ModuleSelection,
    boards: Sequence[Board],
    note: Callable[[str], None] = lambda _text: None,
    address: str | None = None,
) -> Iterator[Record]:
    """What there is of sweep modules, streamed from the worker that imports them, or from a dump.

    Args:
        choice: which modules.
        boards: where they are to run.
        note: told of what is worth knowing: suites that no module has.
        address: of the farm whose boards they are: modules are imported there if this host has no ttnn.

    Raises:
        FarmError, NothingSelected: the choice is of nothing that there is.
        NotRunnable: there is no ttnn to import them with.
    """
    imported: list[Imported] = []
    filled: set[tuple[str, str]] = set()  # suites of modules that something is known of
    with tempfile.TemporaryDirectory(prefix="farm-listing-", ignore_cleanup_errors=True) as folder:
        if choice.dump is not None:
            records = dumps.read(choice.dump)
        else:
            process = listing_process(boards, Path(folder), address)
            records = list_modules(choice.modules(), choice.suites or None, process)
        for record in records:
            if isinstance(record, Imported):
                imported.append(record)
            if isinstance(record, Listed):
                if choice.suites and record.suite not in choice.suites:
                    continue
                filled.add((record.of.module.name, record.suite))
            elif isinstance(record, Problem):
                filled.add((record.module, record.suite))
            yield record
    for each in imported:
        for suite in each.suites:
            empty = (each.module.name, suite) not in filled and (each.module.name, "") not in filled
            if empty and (not choice.suites or suite in choice.suites):
                note(f"suite {suite!r} of {each.module.name} has no vector")
    there = sorted({suite for each in imported for suite in each.suites})
    for suite in choice.suites if imported else ():
        if suite not in there:
            note(f"no module has a suite {suite!r}; there are {', '.join(there) or 'none'}")


def sampled(vectors: Iterable[Vector], count: int, seed: int = 0) -> list[Vector]:
    """So many of the vectors, in their order, picked by chance: by the seed and their ids, the same on every host."""

    def lot(placed: tuple[int, Vector]) -> bytes:
        return hashlib.sha256(f"{seed}:{placed[1].id}".encode()).digest()

    return [vector for _, vector in sorted(heapq.nsmallest(count, enumerate(vectors), key=lot), key=itemgetter(0))]
