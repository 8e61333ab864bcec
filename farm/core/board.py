"""What every board has in common."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BoardKind:
    """A product: what one card or box is.

    Attributes:
        name: n150, n300, t3000, galaxy, p100, p150, p300.
        arch: wormhole_b0 or blackhole.
        board_type: tt-metal's word for the architecture in traces: Wormhole or Blackhole.
        chips: how many chips one board has.
        meshes: every mesh shape that opens, largest first.
        grids: for each way of dispatching that opens (core type, axis), ttnn's default first, the columns and rows of
            compute cores that it leaves on a chip.
    """

    name: str
    arch: str
    board_type: str
    chips: int
    meshes: tuple[tuple[int, int], ...]
    grids: tuple[tuple[str | None, str | None, tuple[int, int]], ...]


@dataclass(frozen=True, slots=True)
class Board:
    """One board of one host, and what its process needs to open it. Plain data: it travels to the board's actor.

    Attributes:
        id: the same over resets: `mock:n300:0`, or host plus PCI addresses.
        backend: `silicon`, `sim`, `mock` or `fake`.
        kind: the product.
        environment: environment variables that make ttnn see this board and no other.
        computes: whether numbers come out: a mock validates, it doesn't compute.
        host: the host of the farm that has it; "" for this one.
        python: the interpreter whose ttnn opens it; "" for farm's own.
    """

    id: str
    backend: str
    kind: BoardKind
    environment: dict[str, str] = field(default_factory=dict)
    computes: bool = True
    host: str = ""
    python: str = ""
