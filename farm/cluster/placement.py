"""Which Ray resources a board's actor takes, and how to run something else on a board's host."""

from __future__ import annotations

from typing import Any

from farm.board.backends import backend_of
from farm.cluster.ray_client import ray  # isort: split

from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: TID251 - after ray_client

from farm.core.board import Board

BOARD_RESOURCE = "farm_board"
"""The resource of a host by itself: one per board, so that no two actors hold the same one."""

DEVICES_RESOURCE = "TTNPU"
"""Ray's own resource of Tenstorrent's PCI devices."""


def board_resource(board_id: str) -> str:
    """The resource of one board in a farm: the actor that takes it holds the board, and runs on the board's host."""
    return "board:" + board_id.replace(",", "+")  # Ray separates resources by commas


def resources_of(board: Board) -> dict[str, float]:
    """The resources that a board's actor takes."""
    if not board.host:
        return {BOARD_RESOURCE: 1}
    resources = {board_resource(board.id): 1.0}
    if devices := backend_of(board).addresses(board):
        # so that other users of the same cluster, whose actors ask for devices by number, stay away
        resources[DEVICES_RESOURCE] = float(len(devices))
    return resources


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
