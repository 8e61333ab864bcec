"""The kinds of boards that can run a vector, out of those that take part."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from farm.core.board import BoardKind
from farm.core.traced_opening import TracedOpening
from farm.core.verdicts import Reason
from farm.planning.board_setup import BoardSetup
from farm.planning.device_configs import find_device_config, plainest_config
from farm.planning.shortfalls import Shortfall, describe
from farm.planning.unrunnable import Unrunnable
from farm.sweeps.needs import Needs
from tracer.device_config import DeviceConfig


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a vector can run, and how boards are opened for it.

    Attributes:
        needs: what the vector needs of an open board.
        config: the vector's device config, for the record: the plainest of the kinds'.
        setup: each kind that can run the vector, with how it is opened.
        unrunnable: why no kind can run it; None if one can.
    """

    needs: Needs
    config: DeviceConfig
    setup: BoardSetup
    unrunnable: Unrunnable | None


class Placements:
    """The placements of vectors on boards of some kinds.

    Few needs occur in a plan: each is placed once, and vectors with equal needs share one setup.
    """

    def __init__(self, kinds: Iterable[BoardKind]) -> None:
        self._kinds = tuple(dict.fromkeys(kinds))
        self._placements: dict[tuple[Needs, tuple[TracedOpening, ...]], Placement] = {}
        self._setups: dict[BoardSetup, BoardSetup] = {}

    def find(self, needs: Needs, openings: tuple[TracedOpening, ...] = ()) -> Placement:
        """Place a vector.

        Args:
            needs: what the vector needs of an open board.
            openings: how boards were opened where it was traced; none to infer a device config for each kind.
        """
        placement = self._placements.get((needs, openings))
        if placement is None:
            placement = self._placements[needs, openings] = self._place(needs, openings)
        return placement

    def _place(self, needs: Needs, openings: tuple[TracedOpening, ...]) -> Placement:
        configs: dict[str, DeviceConfig] = {}
        shortfalls: dict[str, Shortfall] = {}
        for kind in self._kinds:
            opened = find_device_config(kind, needs, openings)
            if isinstance(opened, DeviceConfig):
                configs[kind.name] = opened
            else:
                shortfalls[kind.name] = opened
        unplaced = openings[0].config if openings else plainest_config(needs)
        config = min(configs.values(), key=_plainness, default=unplaced)
        setup = BoardSetup(frozenset(configs.items()))
        unrunnable = None if configs else Unrunnable(Reason.UNSATISFIABLE, describe(shortfalls))
        return Placement(needs, config, self._setups.setdefault(setup, setup), unrunnable)


def _plainness(config: DeviceConfig) -> tuple[int, str]:
    """The number of a device config's settings, and a text that orders those of equal number."""
    settings = config.as_json()
    return len(settings), json.dumps(settings, sort_keys=True)
