"""The products: what one board is, whatever host it is in."""

from __future__ import annotations

import difflib

from farm.core.board import BoardKind
from farm.core.errors import FarmError

WORMHOLE, BLACKHOLE = ("wormhole_b0", "Wormhole"), ("blackhole", "Blackhole")


# Seen at opening, by what dispatch runs on: Wormhole's spare rows, its ethernet cores, or a column of it.
_N150 = ((None, None, (8, 8)), ("ETH", None, (8, 8)), (None, "COL", (7, 9)))
_N300 = ((None, None, (8, 7)), ("ETH", None, (8, 8)), (None, "COL", (7, 8)))
_GALAXY = ((None, None, (8, 9)), ("ETH", None, (8, 10)), (None, "COL", (7, 10)))
_BLACKHOLE = ((None, None, (11, 10)), (None, "COL", (11, 10)))


def _meshes(*shapes: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """The shapes and what each is when turned, which opens too."""
    return tuple(dict.fromkeys(turned for rows, columns in shapes for turned in ((rows, columns), (columns, rows))))


_LARGE = ((1, 8), (2, 2), (1, 4), (1, 2), (1, 1))

KINDS: dict[str, BoardKind] = {
    kind.name: kind
    for kind in (
        BoardKind("n150", *WORMHOLE, chips=1, meshes=_meshes((1, 1)), grids=_N150),
        BoardKind("n300", *WORMHOLE, chips=2, meshes=_meshes((1, 2), (1, 1)), grids=_N300),
        BoardKind("t3000", *WORMHOLE, chips=8, meshes=_meshes((2, 4), *_LARGE), grids=_N300),
        BoardKind(
            "galaxy",
            *WORMHOLE,
            chips=32,
            meshes=_meshes((4, 8), (1, 32), (4, 4), (2, 8), (1, 16), (2, 4), *_LARGE),
            grids=_GALAXY,
        ),
        BoardKind("p100", *BLACKHOLE, chips=1, meshes=_meshes((1, 1)), grids=_BLACKHOLE),
        BoardKind("p150", *BLACKHOLE, chips=1, meshes=_meshes((1, 1)), grids=_BLACKHOLE),
        BoardKind("p300", *BLACKHOLE, chips=2, meshes=_meshes((1, 2), (1, 1)), grids=_BLACKHOLE),
    )
}
"""Every kind by its name."""

ALIASES = {"p100a": "p100", "p150a": "p150", "p150b": "p150", "p300a": "p300", "t3k": "t3000", "6u": "galaxy"}
"""Other names that people and tt-smi use for a kind."""


def kind_named(name: str) -> BoardKind:
    """The kind of this name or alias, in any case.

    Raises:
        FarmError: there is no such kind; offers the nearest names.
    """
    wanted = name.strip().lower()
    wanted = ALIASES.get(wanted, "galaxy" if wanted.startswith("tt-galaxy") else wanted)
    if wanted in KINDS:
        return KINDS[wanted]
    near = difflib.get_close_matches(wanted, KINDS, n=2)
    hint = f"did you mean {' or '.join(near)}?" if near else f"kinds are {', '.join(KINDS)}"
    raise FarmError(f"no board kind {name!r}: {hint}")
