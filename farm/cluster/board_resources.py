"""Which Ray resources a board's actor takes. Needs no Ray."""

from __future__ import annotations

from farm.board.backends import backend_of
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
