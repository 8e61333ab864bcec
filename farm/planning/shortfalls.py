"""What the boards of a kind lack for a vector, and the words for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from farm.board.kinds import KINDS


@dataclass(frozen=True, slots=True)
class NoMesh:
    """The kind opens none of the meshes of chips that the vector can run on.

    Attributes:
        meshes: the rows and columns of each.
    """

    meshes: tuple[tuple[int, int], ...]

    def text(self, *, several: bool) -> str:
        """What the kinds lack, as the predicate of a sentence about one kind or several."""
        return f"{'open' if several else 'opens'} no {_either(self.meshes)} mesh of chips"


@dataclass(frozen=True, slots=True)
class FewCores:
    """No way to open the kind leaves the compute cores that the vector names.

    Attributes:
        grid: the columns and rows of cores that it names.
        offered: the largest grids that some way to open the kind leaves.
    """

    grid: tuple[int, int]
    offered: tuple[tuple[int, int], ...]

    def text(self, *, several: bool) -> str:
        """As of `NoMesh`."""
        return (
            f"{'have' if several else 'has'} {_either(self.offered)} compute cores on a chip, not {_times(self.grid)}"
        )


@dataclass(frozen=True, slots=True)
class OtherArch:
    """The vector shards over DRAM banks, which fits only the architectures that it was traced on.

    Attributes:
        archs: these architectures.
    """

    archs: tuple[str, ...]

    def text(self, *, several: bool) -> str:
        """As of `NoMesh`."""
        names = {kind.arch: kind.board_type for kind in KINDS.values()}
        archs = " or ".join(names.get(arch, arch) for arch in self.archs)
        return f"{'are' if several else 'is'} not of {archs}, whose DRAM banks its shards need"


@dataclass(frozen=True, slots=True)
class FewBanks:
    """A chip of the kind has fewer DRAM banks than the vector's shards name.

    Attributes:
        banks: the number that they name.
        offered: the number that a chip has.
    """

    banks: int
    offered: int

    def text(self, *, several: bool) -> str:
        """As of `NoMesh`."""
        return f"{'have' if several else 'has'} {self.offered} DRAM banks on a chip, not {self.banks}"


Shortfall: TypeAlias = NoMesh | FewCores | OtherArch | FewBanks


def describe(shortfalls: Mapping[str, Shortfall]) -> str:
    """Say why no board can run a vector.

    >>> describe({"n150": NoMesh(((1, 8),)), "n300": NoMesh(((1, 8),)), "t3000": FewCores((8, 9), ((8, 8), (7, 8)))})
    'n150 and n300 open no 1 x 8 mesh of chips; t3000 has 8 x 8 or 7 x 8 compute cores on a chip, not 8 x 9'

    Args:
        shortfalls: what each kind lacks, by its name; empty if there is no board.
    """
    if not shortfalls:
        return "there is no board"
    kinds: defaultdict[Shortfall, list[str]] = defaultdict(list)
    for kind, shortfall in shortfalls.items():
        kinds[shortfall].append(kind)
    return "; ".join(f"{_all(names)} {shortfall.text(several=len(names) > 1)}" for shortfall, names in kinds.items())


def _all(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _either(sides: Sequence[tuple[int, int]]) -> str:
    texts = list(dict.fromkeys(map(_times, sides)))
    return " or ".join(filter(None, (", ".join(texts[:-1]), texts[-1])))


def _times(sides: tuple[int, int]) -> str:
    return f"{sides[0]} x {sides[1]}"
