"""`--check-module`: a sweep module and farm's generic runner on the same traced configurations, with equal verdicts?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from farm.core.errors import NothingSelected
from farm.core.plain_words import counted
from farm.planning.vectors import Vector
from farm.store.view import RunView, VectorView

_MOST_LINES = 20


@dataclass
class Agreement:
    """How the verdicts of the generic runner and of a module compare.

    Attributes:
        alike: how many configurations ended alike.
        differing: the vectors of configurations that didn't: the generic runner's and the module's.
        alone: the vectors whose configuration ran only one way.
    """

    alike: int = 0
    differing: list[tuple[VectorView, VectorView]] = field(default_factory=list)
    alone: list[VectorView] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """The comparison, for a terminal."""
        both = counted(self.alike + len(self.differing), "configuration")
        yield f"{both} ran both ways: {self.alike} ended alike, {len(self.differing)} did not."
        for generic, module in self.differing[:_MOST_LINES]:
            yield f"  {generic.config_hash[:16]}  generic {_ending(generic)}"
            yield f"  {'':16}  {module.operation} {_ending(module)}"
        if len(self.differing) > _MOST_LINES:
            yield f"  ... and {len(self.differing) - _MOST_LINES} more"
        for vector in self.alone[:_MOST_LINES]:
            yield f"  {vector.vector_id} {vector.operation}: ran only one way: {_ending(vector)}"


def paired(generic: Iterable[Vector], module: Iterable[Vector]) -> list[Vector]:
    """The vectors of both ways: all generic ones, and the module's of the same configurations.

    The module's vectors that stand for a problem of the module are among them.

    Raises:
        NothingSelected: the module has none of the generic runner's configurations.
    """
    of_generic = list(generic)
    hashes = {vector.config_hash for vector in of_generic}
    of_module = [vector for vector in module if not vector.config_hash or vector.config_hash in hashes]
    if not any(vector.config_hash in hashes for vector in of_module):
        problem = of_module[0].unrunnable if of_module else None
        cause = "it loads none of them" if problem is None else problem.message
        raise NothingSelected(f"the module has no traced configuration of this selection: {cause}")
    return [*of_generic, *of_module]


def compare(view: RunView, modules: Collection[str]) -> Agreement:
    """Compare the two ways of a run that `paired` planned.

    Args:
        view: the run.
        modules: the names of the modules in it; all other operations are the generic runner's.
    """
    generic: dict[str, list[VectorView]] = {}
    for vector in view.vectors:
        if vector.operation not in modules:
            generic.setdefault(vector.config_hash, []).append(vector)
    agreement = Agreement()
    compared: set[str] = set()
    for vector in view.vectors:
        if vector.operation not in modules:
            continue
        counterparts = generic.get(vector.config_hash)
        if not counterparts:
            agreement.alone.append(vector)
            continue
        compared.add(vector.config_hash)
        if any(each.verdict is vector.verdict for each in counterparts):
            agreement.alike += 1
        else:
            agreement.differing.append((counterparts[0], vector))
    agreement.alone += [
        vector for config_hash, vectors in generic.items() if config_hash not in compared for vector in vectors
    ]
    return agreement


def _ending(vector: VectorView) -> str:
    message = " ".join(vector.message.split())
    return f"{vector.verdict.value}: {message[:120]}" if message else vector.verdict.value
