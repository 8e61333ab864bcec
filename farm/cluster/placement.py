"""How to run something on a board's host, and what Ray knows of that host."""

from __future__ import annotations

from typing import Any

from farm.cluster.ray_client import ray  # isort: split

from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: TID251 - after ray_client

from farm.cluster.board_resources import board_resource
from farm.core.board import Board


def options_beside(board: Board) -> dict[str, Any] | None:
    """Ray's options for a task or actor on a board's host, whether the board is in use or not.

    None where no living node has the board.
    """
    node = _node_of(board)
    return None if node is None else {"scheduling_strategy": NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)}


def cores_of_host(board: Board) -> int:
    """The number of CPU cores of a board's host; 1 where no living node has the board, or Ray doesn't answer."""
    try:
        node = _node_of(board)
    except ray.exceptions.RayError:
        return 1
    return 1 if node is None else max(1, int(node["Resources"].get("CPU", 1)))


def _node_of(board: Board) -> dict[str, Any] | None:
    """What Ray says of the living node that has a board."""
    nodes: list[dict[str, Any]] = ray.nodes()
    return next((node for node in nodes if node["Alive"] and board_resource(board.id) in node["Resources"]), None)


def boards_beside() -> int:
    """How many boards of a farm the host of this process has, whoever uses them; at least 1."""
    here = ray.get_runtime_context().get_node_id()
    names: list[str] = [name for node in ray.nodes() if node["NodeID"] == here for name in node["Resources"]]
    return max(1, sum(name.startswith(board_resource("")) for name in names))
