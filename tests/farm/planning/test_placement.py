"""Where vectors can run: each kind of board opened in its own way."""

from __future__ import annotations

import pytest

from farm.board.kinds import KINDS
from farm.core.traced_opening import TracedOpening
from farm.core.verdicts import Reason
from farm.planning.board_setup import BoardSetup, fits, same_setup
from farm.planning.placement import Placements
from farm.sweeps.needs import Needs
from tracer.device_config import DeviceConfig

PLAIN, ETH, COLUMN = DeviceConfig(), DeviceConfig(dispatch_core_type="ETH"), DeviceConfig(dispatch_core_axis="COL")


def placements(*names: str) -> Placements:
    return Placements([KINDS[name] for name in names])


@pytest.mark.parametrize("names", [("n150", "galaxy"), ("galaxy", "n150")])
def test_kinds_that_must_be_opened_differently_can_run_it_both(names: tuple[str, str]) -> None:
    placement = placements(*names).find(Needs(grid=(7, 9)))
    assert placement.setup == BoardSetup(frozenset({("n150", COLUMN), ("galaxy", PLAIN)}))
    assert placement.config == PLAIN, "the plainest is recorded, whichever kind comes first"
    assert placement.unrunnable is None
    assert [kind for kind in KINDS if fits(kind, placement.setup)] == ["n150", "galaxy"]
    assert placements("n150").find(Needs(grid=(7, 9))).config == COLUMN


def test_vectors_that_need_the_same_of_boards_share_a_setup() -> None:
    available = placements("n150", "n300", "p150")
    small, large = available.find(Needs(grid=(2, 2))), available.find(Needs(grid=(8, 8)))
    assert small.setup is large.setup
    assert small is available.find(Needs(grid=(2, 2)))
    assert available.find(Needs(grid=(8, 9))).setup != large.setup


def test_a_kind_that_is_opened_alike_for_two_setups_need_not_be_opened_again() -> None:
    available = placements("n150", "galaxy")
    small, large = available.find(Needs(grid=(7, 8))).setup, available.find(Needs(grid=(7, 9))).setup
    assert same_setup("galaxy", small, large)
    assert not same_setup("n150", small, large)
    assert not same_setup("p150", small, large), "it can't run either"


def test_a_known_config_is_the_same_for_all_that_can_serve_it() -> None:
    placement = placements("n150", "n300").find(Needs(grid=(8, 8)), (TracedOpening(ETH, "n300"),))
    assert placement.setup == BoardSetup.uniform(ETH, ["n150", "n300"])
    assert placement.config == ETH


def test_each_kind_is_opened_as_traced_there_and_the_plainest_is_recorded() -> None:
    openings = (TracedOpening(ETH, "n300"), TracedOpening(PLAIN, "p150b"))
    placement = placements("n300", "p150").find(Needs(), openings)
    assert placement.setup == BoardSetup(frozenset({("n300", ETH), ("p150", PLAIN)}))
    assert placement.config == PLAIN
    assert placements("n300").find(Needs(), openings).config == ETH
    assert placements("p150").find(Needs(), openings[:1]).unrunnable is None


@pytest.mark.parametrize("traced", ["n300", "p150b"])
@pytest.mark.parametrize("core_type", ["ETH", "WORKER", None, "A_LATER_ONE"])
@pytest.mark.parametrize("axis", ["ROW", "COL", None])
def test_a_dispatch_that_a_product_lacks_is_no_reason_not_to_run(
    traced: str, core_type: str | None, axis: str | None
) -> None:
    config = DeviceConfig(dispatch_core_type=core_type, dispatch_core_axis=axis)
    for name in KINDS:
        placement = placements(name).find(Needs(), (TracedOpening(config, traced),))
        assert placement.unrunnable is None, name
    large = placements("p150").find(Needs(grid=(12, 1)), (TracedOpening(config, traced),)).unrunnable
    assert large is not None
    assert large.message == "p150 has 11 x 10 compute cores on a chip, not 12 x 1", "that is the true reason"


def unsatisfiable(needs: Needs, *names: str) -> str:
    placement = placements(*names).find(needs)
    assert placement.setup == BoardSetup()
    assert placement.unrunnable is not None
    assert placement.unrunnable.reason is Reason.UNSATISFIABLE
    return placement.unrunnable.message


def test_a_vector_that_no_kind_can_run_says_what_each_lacks() -> None:
    assert placements("n150").find(Needs((1, 2))).config == DeviceConfig(mesh_shape=(1, 2)), "for the record"
    mesh = "n150 and p150 open no 1 x 2 mesh of chips; n300 has 8 x 8 compute cores on a chip, not 8 x 9"
    assert unsatisfiable(Needs((1, 2), (8, 9)), "n150", "n300", "p150") == mesh
    arch = "n150 is not of Blackhole, whose DRAM banks its shards need"
    assert unsatisfiable(Needs(archs=("blackhole",)), "n150") == arch
    assert unsatisfiable(Needs(dram_banks=8), "p100") == "p100 has 7 DRAM banks on a chip, not 8"
    assert unsatisfiable(Needs()) == "there is no board"
