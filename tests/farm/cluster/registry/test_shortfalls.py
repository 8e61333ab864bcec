"""Boards of a farm that are not as expected: held, released, and remembered by the next registry."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from farm.cluster.registry.records import HostOffer
from farm.cluster.registry.service import RegistryService
from farm.core.errors import FarmError
from farm.core.shortfall import Shortfall, Trait
from scheduler.board_state import BoardState
from tests.farm.cluster.registry.test_service import OFFER, A, B, Head

SICK = Shortfall(Trait.HEALTH, "n300", "an unhealthy chip", "healthy chips", (A.id,))
HALF = Shortfall(Trait.CHIPS, "n300", "1 of 2 chips", "2 chips", (A.id,))
LEFT = Shortfall(Trait.BOARDS, "t3000", "2 n300", "1 t3000", (A.id, B.id))


def offer(*shortfalls: Shortfall, node: str = "node-a", home: str = "home") -> HostOffer:
    return replace(OFFER, node=node, home=home, shortfalls=shortfalls, survey=("asked: driver: 2 devices",))


def states(registry: RegistryService) -> list[BoardState]:
    return [board.state for board in registry.view().boards]


@pytest.fixture
def head(tmp_path: Path) -> Head:
    return Head(tmp_path)


def test_a_board_that_is_not_as_expected_is_held_and_the_others_are_not(head: Head) -> None:
    registry = head.registry()
    registry.join(offer(SICK))
    held, free = registry.view().boards
    assert (held.state, held.who) == (BoardState.HELD, "farm")
    assert held.why == "held by farm: not as expected: it has an unhealthy chip; expected: healthy chips"
    assert free.state is BoardState.UNVERIFIED
    [host] = registry.view().hosts
    assert (host.shortfalls, host.survey) == ([SICK], ["asked: driver: 2 devices"])
    assert registry.view().totals["mock:n300"].held == 1


def test_a_release_outlives_the_registry_and_a_host_that_joins_again(head: Head) -> None:
    registry = head.registry()
    registry.join(offer(LEFT, SICK))
    registry.release(A.id, "ann@lab")
    assert states(registry) == [BoardState.UNVERIFIED, BoardState.HELD]
    assert states(head.registry()) == [BoardState.UNVERIFIED, BoardState.HELD]
    head.nodes = ["node-b"]
    registry.join(offer(LEFT, SICK, node="node-b"))
    assert states(registry) == [BoardState.UNVERIFIED, BoardState.HELD]
    worse = replace(SICK, present="two unhealthy chips")
    registry.join(offer(LEFT, worse, node="node-b"))
    assert states(registry) == [BoardState.HELD, BoardState.HELD]
    registry.join(offer(node="node-b"))  # all is well again
    assert states(registry) == [BoardState.UNVERIFIED, BoardState.UNVERIFIED]
    registry.join(offer(LEFT, node="node-b"))
    assert states(registry) == [BoardState.HELD, BoardState.HELD]


def test_another_host_of_the_same_name_inherits_no_release(head: Head) -> None:
    registry = head.registry()
    registry.join(offer(SICK))
    registry.release(A.id, "ann@lab")
    head.nodes = ["node-b"]
    registry.join(offer(SICK, node="node-b", home="another"))
    assert states(registry) == [BoardState.HELD, BoardState.UNVERIFIED]


def test_a_board_without_all_chips_is_released_by_nobody(head: Head) -> None:
    registry = head.registry()
    registry.join(offer(HALF))
    with pytest.raises(FarmError, match=r"can't be released: .* 1 of 2 chips; expected: 2 chips; reset it"):
        registry.release(A.id, "ann@lab")
    registry.hold(A.id, "fan noise", "ann@lab")
    with pytest.raises(FarmError, match="can't be released"):
        registry.release(A.id, "ann@lab")
    assert states(registry) == [BoardState.HELD, BoardState.UNVERIFIED]


def test_a_release_ends_a_persons_hold_too(head: Head) -> None:
    registry = head.registry()
    registry.join(offer(SICK))
    registry.hold(A.id, "fan noise", "ann@lab")
    assert registry.view().boards[0].why == "held by ann@lab: fan noise"
    registry.release(A.id, "ann@lab")
    assert states(registry) == [BoardState.UNVERIFIED, BoardState.UNVERIFIED]
    with pytest.raises(FarmError, match="is not held"):
        registry.release(A.id, "ann@lab")
