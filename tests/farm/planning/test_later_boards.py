"""Vectors on a farm whose boards are not all there yet."""

from __future__ import annotations

from dataclasses import replace

from farm.board.kinds import KINDS
from farm.cluster.hosts.inventory import take_inventory
from farm.core.verdicts import Reason
from farm.planning.board_setup import BoardSetup
from farm.planning.sweep_plan import for_later_boards
from farm.planning.vectors import Vector
from farm.sweeps.needs import Needs
from tracer.device_config import DeviceConfig


def test_vectors_may_run_on_kinds_that_join_the_farm_later() -> None:
    own = take_inventory("fake:n300", "", None).boards
    there = [replace(board, host="alpha") for board in own]
    small = Vector("a", "ttnn.add", "", "", DeviceConfig(), device_config_inferred=True, text="{}")
    small = replace(small, setup=BoardSetup.uniform(DeviceConfig(), ["n300"]), needs=Needs(grid=(8, 8)))
    large = replace(small, device_config=DeviceConfig(mesh_shape=(1, 2)), device_config_inferred=False, needs=Needs())
    nowhere = replace(small, setup=BoardSetup(), unrunnable=(Reason.UNSATISFIABLE, "no board here"))
    assert list(for_later_boards([small, large, nowhere], own)) == [small, large, nowhere]
    met = list(for_later_boards([small, large, nowhere], there))
    assert met[0].kinds == set(KINDS)
    assert met[1].kinds == {"n300", "t3000", "galaxy", "p300"}
    assert met[2] == nowhere, "what no board there can run is said at once"
    assert met[0].config_for("n300").dispatch_core_type == "ETH", "each kind is opened in its own way"
    assert met[0].config_for("n150") == met[0].device_config == DeviceConfig()
