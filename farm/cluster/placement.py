"""Where Ray runs what belongs beside a board."""

from __future__ import annotations

from typing import Any

from farm.cluster.actor import board_resource
from farm.cluster.ray_client import ray  # isort: split

from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: TID251 - after ray_client

from farm.core.board import Board


def beside(board: Board) -> dict[str, Any] | None:
    """Ray's options for what runs on the host of a board, in use or not; None where no living node has the board."""
    for node in ray.nodes():
        if node["Alive"] and board_resource(board.id) in node["Resources"]:
            return {"scheduling_strategy": NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)}
    return None
