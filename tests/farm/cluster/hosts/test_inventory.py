"""What a host offers to a farm."""

from __future__ import annotations

import sys

import pytest

from farm.cluster.hosts.inventory import take_inventory
from farm.core.errors import NotRunnable


def test_boards_have_the_hosts_name_and_a_resource_each() -> None:
    inventory = take_inventory("fake:n300*2", "alpha", None)
    assert [board.id for board in inventory.boards] == ["alpha:fake:n300:0", "alpha:fake:n300:1"]
    assert all(board.host == "alpha" and board.python == sys.executable for board in inventory.boards)
    assert inventory.resources() == {"board:alpha:fake:n300:0": 1, "board:alpha:fake:n300:1": 1}
    assert inventory.labels("alpha") == {"farm-host": "alpha", "farm-kind": "n300", "farm-arch": "wormhole_b0"}
    assert take_inventory("none", "alpha", None).boards == ()


def test_missing_boards_are_an_error() -> None:
    assert take_inventory("fake:n300*4", "a", None, expected="n300*4").boards
    with pytest.raises(NotRunnable, match="has 1 board of kind n300, 4 expected"):
        take_inventory("fake:n300", "a", None, expected="n300*4")
