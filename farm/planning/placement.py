"""Which of the boards that are there can run a vector, and how each kind of them is opened for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from farm.core.board import BoardKind
from farm.core.verdicts import Reason
from farm.planning.board_setup import BoardSetup
from farm.planning.device_configs import find_device_config, plainest_config
from farm.sweeps.needs import Needs
from tracer.device_config import DeviceConfig


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a vector can run, of the kinds of boards that are there, and how they are opened for it.

    Attributes:
        needs: what it needs.
        config: the device config that is recorded of it: the known one, or the plainest of those inferred.
        setup: each kind that can run it, with how it is opened.
        unrunnable: why none can, where none can: a reason of `not_run`, and words.
    """

    needs: Needs
    config: DeviceConfig
    setup: BoardSetup
    unrunnable: tuple[Reason, str] | None


class Placements:
    """Finds how boards of the kinds that are there must be opened.

    Vectors need few different things: each is worked out once, and those that need the same share one setup.
    """

    def __init__(self, kinds: Iterable[BoardKind]) -> None:
        self._kinds = tuple(dict.fromkeys(kinds))
        self._known: dict[tuple[Needs, DeviceConfig | None], Placement] = {}
        self._setups: dict[BoardSetup, BoardSetup] = {}

    def find(self, needed: Needs, known: DeviceConfig | None = None) -> Placement:
        """Where a vector can run.

        Args:
            needed: what it needs.
            known: how the board must be opened, where that is known. Where not, it is inferred, of each kind by itself.
        """
        placement = self._known.get((needed, known))
        if placement is None:
            placement = self._known[needed, known] = self._worked_out(needed, known)
        return placement

    def _worked_out(self, needed: Needs, known: DeviceConfig | None) -> Placement:
        ways = {kind.name: way for kind in self._kinds if (way := find_device_config(kind, needed, known)) is not None}
        plainest = min(ways.values(), key=_settings, default=plainest_config(needed))
        config = plainest if known is None else known
        unrunnable = None
        if not ways:
            told = f"a {_times(config.mesh_shape)} mesh of chips with {_times(needed.grid)} compute cores"
            told += f", of {' or '.join(needed.archs)}" if needed.archs else ""
            unrunnable = Reason.UNSATISFIABLE, f"no board here opens {told}"
        setup = BoardSetup(frozenset(ways.items()))
        return Placement(needed, config, self._setups.setdefault(setup, setup), unrunnable)


def _settings(config: DeviceConfig) -> int:
    return len(config.as_json())


def _times(sides: Sequence[int]) -> str:
    return " x ".join(map(str, sides))
