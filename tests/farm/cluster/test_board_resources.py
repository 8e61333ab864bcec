"""The Ray resources of boards."""

from __future__ import annotations

from farm.board.kinds import KINDS
from farm.cluster.board_resources import board_resource, resources_of
from farm.core.board import Board

SILICON = Board(
    "a:0000:61:00.0,0000:62:00.0",
    "silicon",
    KINDS["p300"],
    environment={"TT_VISIBLE_DEVICES": "0000:61:00.0,0000:62:00.0"},
    host="a",
)


def test_a_silicon_board_takes_its_devices_out_of_rays_count() -> None:
    assert resources_of(SILICON) == {board_resource(SILICON.id): 1, "TTNPU": 2}
    assert "," not in board_resource(SILICON.id), "Ray separates resources by commas"
