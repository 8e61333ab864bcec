"""A sweep module against the generic runner: the same traced configurations both ways, and whether they end alike."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from farm.core.errors import NothingSelected
from farm.planning.vectors import Vector
from farm.store.view import RunView, VectorView

_MOST = 20


@dataclass
class Agreement:
    """What two ways to run the same configurations came to.

    Attributes:
        alike: configurations that ended alike.
        differing: those that didn't: how each ended, by the generic runner and by the module.
        alone: vectors of which the other way has none.
    """

    alike: int = 0
    differing: list[tuple[VectorView, VectorView]] = field(default_factory=list)
    alone: list[VectorView] = field(default_factory=list)

    def lines(self) -> list[str]:
        """What came of it, for a terminal."""
        told = [
            f"{self.alike + len(self.differing)} configurations were run both ways: "
            f"{self.alike} ended alike, {len(self.differing)} didn't."
        ]
        for generic, module in self.differing[:_MOST]:
            told.append(f"  {generic.config_hash[:16]}  generic {_told(generic)}")
            told.append(f"  {'':16}  {module.operation} {_told(module)}")
        if len(self.differing) > _MOST:
            told.append(f"  ... and {len(self.differing) - _MOST} more")
        told += [f"  {each.vector_id} {each.operation}: only one way: {_told(each)}" for each in self.alone[:_MOST]]
        return told


def paired(generic: Iterable[Vector], module: Iterable[Vector]) -> list[Vector]:
    """The vectors of both ways, each once; those of the module that say what is wrong with it are among them.

    Raises:
        NothingSelected: the module has no traced configuration that the generic runner has.
    """
    ones = list(generic)
    hashes = {vector.config_hash for vector in ones}
    others = [vector for vector in module if not vector.config_hash or vector.config_hash in hashes]
    if not any(vector.config_hash in hashes for vector in others):
        told = others[0].unrunnable[1] if others and others[0].unrunnable else "it loads none of them"
        raise NothingSelected(f"the module has no traced configuration of this selection: {told}")
    return [*ones, *others]


def compare(view: RunView, modules: Collection[str]) -> Agreement:
    """Compares a run that was planned by `paired`.

    Args:
        view: the run.
        modules: the names of the modules in it; every other operation is the generic runner's.
    """
    by_hash: dict[str, list[VectorView]] = {}
    for vector in view.vectors:
        if vector.operation not in modules:
            by_hash.setdefault(vector.config_hash, []).append(vector)
    found = Agreement()
    met: set[str] = set()
    for vector in view.vectors:
        if vector.operation not in modules:
            continue
        generic = by_hash.get(vector.config_hash)
        if not generic:
            found.alone.append(vector)
            continue
        met.add(vector.config_hash)
        if any(one.verdict is vector.verdict for one in generic):
            found.alike += 1
        else:
            found.differing.append((generic[0], vector))
    found.alone += [one for config_hash, ones in by_hash.items() if config_hash not in met for one in ones]
    return found


def _told(vector: VectorView) -> str:
    message = " ".join(vector.message.split())
    return f"{vector.verdict.value}: {message[:120]}" if message else vector.verdict.value
