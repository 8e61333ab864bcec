"""The kinds of boards that can run a vector, out of those that take part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from farm.core.board import BoardKind
from farm.core.verdicts import Reason
from farm.planning.board_setup import BoardSetup
from farm.planning.device_configs import find_device_config, plainest_config
from farm.planning.unrunnable import Unrunnable
from farm.sweeps.needs import Needs
from tracer.device_config import DeviceConfig


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a vector can run, and how boards are opened for it.

    Attributes:
        needs: what the vector needs of an open board.
        config: the vector's device config, for the record: the recorded one, or the plainest of those inferred.
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
        self._placements: dict[tuple[Needs, DeviceConfig | None], Placement] = {}
        self._setups: dict[BoardSetup, BoardSetup] = {}

    def find(self, needs: Needs, recorded: DeviceConfig | None = None) -> Placement:
        """Place a vector.

        Args:
            needs: what the vector needs of an open board.
            recorded: the device config that its trace records; None to infer one for each kind.
        """
        placement = self._placements.get((needs, recorded))
        if placement is None:
            placement = self._placements[needs, recorded] = self._place(needs, recorded)
        return placement

    def _place(self, needs: Needs, recorded: DeviceConfig | None) -> Placement:
        candidates = ((kind.name, find_device_config(kind, needs, recorded)) for kind in self._kinds)
        configs = {name: config for name, config in candidates if config is not None}
        plainest = min(configs.values(), key=_settings, default=plainest_config(needs))
        config = plainest if recorded is None else recorded
        setup = BoardSetup(frozenset(configs.items()))
        message = f"no board here opens {_description(needs, config)}"
        unrunnable = None if configs else Unrunnable(Reason.UNSATISFIABLE, message)
        return Placement(needs, config, self._setups.setdefault(setup, setup), unrunnable)


def _description(needs: Needs, config: DeviceConfig) -> str:
    text = f"a {_times(config.mesh_shape)} mesh of chips with {_times(needs.grid)} compute cores"
    if needs.dram_banks:
        text += f" and {needs.dram_banks} DRAM banks"
    return f"{text}, of {' or '.join(needs.archs)}" if needs.archs else text


def _settings(config: DeviceConfig) -> int:
    """How many settings a device config has."""
    return len(config.as_json())


def _times(sides: Sequence[int]) -> str:
    return " x ".join(map(str, sides))
