"""Which vectors a command is about: those of a master, of sweep modules, or of a dump; all of them, or some."""

from __future__ import annotations

import hashlib
import heapq
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from farm.boards.base import Board
from farm.errors import FarmError, NothingSelected
from farm.sweeps.finding import SweepModule, find_modules, place_of
from farm.sweeps.loader import MASTER_VARIABLE
from farm.vectors import Vector

MODEL_TRACED = "model_traced"


@dataclass(frozen=True, slots=True)
class ModuleChoice:
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

    def modules(self) -> list[SweepModule]:
        """The modules, found by looking at files.

        Raises:
            FarmError: there is no such place.
            NothingSelected: there is no such module in it.
        """
        place = place_of(self.tt_metal, self.sweeps)
        environment = {} if self.master is None else {MASTER_VARIABLE: str(self.master.resolve())}
        return find_modules(place, self.names, self.skip, environment=environment, import_seconds=self.import_seconds)


@dataclass(frozen=True, slots=True)
class Some:
    """Which of the planned vectors are wanted.

    Attributes:
        ids: vector ids, config hashes or input hashes, or the beginnings of them; all, where there are none.
        sample: so many, picked by chance; None for all.
        seed: another seed picks others, the same one the same.
        limit: so many, the first ones.
    """

    ids: tuple[str, ...] = ()
    sample: int | None = None
    seed: int = 0
    limit: int | None = None


def module_vectors(
    choice: ModuleChoice,
    boards: Sequence[Board],
    modes: Sequence[str] = (),
    note: Callable[[str], None] = lambda _text: None,
) -> Iterator[Vector]:
    """The vectors of sweep modules, streamed from the board process that imports them, or from a dump.

    Args:
        choice: which modules.
        boards: where they are to run.
        modes: what is to be measured.
        note: told of what is worth knowing: suites that a module doesn't have.

    Raises:
        FarmError, NothingSelected: the choice is of nothing that there is.
        NotRunnable: there is no ttnn to import them with.
    """
    # what needs a process is imported by whoever starts one
    from farm.sweeps import dumps
    from farm.sweeps.planning import missing_suites, plan_records
    from farm.sweeps.records import Imported, Listed, Record, list_modules, listing_process

    kinds = tuple(dict.fromkeys(board.kind for board in boards))
    imported: list[Imported] = []

    def noted(records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            if isinstance(record, Imported):
                imported.append(record)
            if not isinstance(record, Listed) or not choice.suites or record.suite in choice.suites:
                yield record

    if choice.dump is not None:
        yield from plan_records(noted(dumps.read(choice.dump)), kinds, modes)
    else:
        modules = choice.modules()
        with tempfile.TemporaryDirectory(prefix="farm-listing-", ignore_cleanup_errors=True) as folder:
            records = list_modules(modules, choice.suites or None, listing_process(boards, Path(folder)))
            yield from plan_records(noted(records), kinds, modes)
    for suite in missing_suites(imported, choice.suites) if imported else []:
        there = sorted({name for each in imported for name in each.suites})
        note(f"no module has a suite {suite!r}; there are {', '.join(there) or 'none'}")


def chosen(vectors: Sequence[Vector], some: Some) -> list[Vector]:
    """Those of the planned vectors that are wanted, in their order.

    Raises:
        NothingSelected: there is none.
        FarmError: an id is of no vector.
    """
    left = list(vectors)
    if some.ids:
        for wanted in some.ids:
            if not any(_is(vector, wanted) for vector in left):
                raise FarmError(f"--vector {wanted}: no vector of this selection begins so; `farm vectors` lists them")
        left = [vector for vector in left if any(_is(vector, wanted) for wanted in some.ids)]
    if some.sample is not None and some.sample < len(left):
        picked = heapq.nsmallest(some.sample, range(len(left)), key=lambda place: _lot(left[place].id, some.seed))
        left = [left[place] for place in sorted(picked)]
    left = left[: some.limit]
    if not left:
        raise NothingSelected("the selection holds no vector")
    return left


def _is(vector: Vector, wanted: str) -> bool:
    if wanted == vector.id:
        return True
    return len(wanted) >= 6 and any(text.startswith(wanted) for text in (vector.id, vector.config_hash))


def _lot(vector_id: str, seed: int) -> bytes:
    """What a vector draws: the same on every host, whatever else is in the selection."""
    return hashlib.sha256(f"{seed}:{vector_id}".encode()).digest()


@dataclass
class Agreement:
    """What two ways to run the same configurations came to.

    Attributes:
        alike: configurations that ended alike.
        differing: those that didn't: config hash, and how each ended.
        alone: configurations that only one of the two ran.
    """

    alike: int = 0
    differing: list[tuple[str, str, str]] = field(default_factory=list)
    alone: int = 0
