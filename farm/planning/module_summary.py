"""Sweep modules with their suites, the number of vectors of each, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from farm.core.board import Board
from farm.core.listing_detail import Detail
from farm.core.sweep_module import SweepModule
from farm.core.sweep_spec import SweepSpec
from farm.core.verdicts import Reason
from farm.planning.equal_vectors import EqualVectors
from farm.planning.module_records import counted_records
from farm.sweeps.records import CountedRecord, ImportedModule, ListedVector, ModuleProblem, VectorCount
from farm.sweeps.suites import selects


@dataclass(frozen=True, slots=True)
class ModuleSummary:
    """A module.

    Attributes:
        module: the module.
        suites: the number of vectors of each suite, by name. Equal vectors are one, and invalid ones count.
        problems: what is wrong with it, a line each.
        notes: further remarks, a line each, such as why there is nothing to run.
    """

    module: SweepModule
    suites: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def vectors(self) -> int:
        """The number of its vectors."""
        return sum(self.suites.values())

    def lines(self) -> Iterator[str]:
        """A line for each suite, for a terminal."""
        for suite, vectors in self.suites.items():
            yield f"{vectors:8}  {self.module.name}  {suite}"

    def as_json(self) -> dict[str, Any]:
        """A plain dict."""
        return {
            "module": self.module.name,
            "file": str(self.module.file),
            "vectors": self.vectors,
            "suites": [{"suite": suite, "vectors": vectors} for suite, vectors in self.suites.items()],
            "problems": self.problems,
            "notes": self.notes,
        }


def summaries(
    spec: SweepSpec, modules: Sequence[SweepModule], boards: Sequence[Board], note: Callable[[str], None]
) -> Iterator[ModuleSummary]:
    """Summarise modules one by one, each once a worker has imported it.

    Args:
        spec: names the suites.
        modules: the modules.
        boards: their ttnn imports the modules.
        note: gets a line for each suite that is empty or that no module has.

    Raises:
        NotRunnable: no ttnn can import the modules.
    """
    summary: ModuleSummary | None = None
    equal = EqualVectors()
    by_name = {module.name: module for module in modules}
    for record in equal.unique(counted_records(spec, modules, boards, Detail.COUNTS, note)):
        module = by_name[_name_of(record)]
        if summary is None or summary.module is not module:
            if summary is not None:
                yield summary
            summary = ModuleSummary(module)
        match record:
            case ImportedModule():
                names = [suite for suite in record.suites if not spec.suites or selects(spec.suites, suite)]
                summary.suites.update(dict.fromkeys(names, 0))
            case VectorCount():
                summary.suites[record.suite] += record.vectors
            case ListedVector():
                summary.suites[record.suite] += 1
            case ModuleProblem():
                lines = summary.notes if record.reason is Reason.NO_VECTORS else summary.problems
                lines.append(record.message)
    if summary is not None:
        yield summary


def _name_of(record: CountedRecord) -> str:
    match record:
        case ImportedModule():
            return record.module.name
        case ModuleProblem():
            return record.module
        case _:
            return record.imported.module.name
