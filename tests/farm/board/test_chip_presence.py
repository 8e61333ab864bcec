"""The chips that the driver shows after a reset."""

from __future__ import annotations

from pathlib import Path

from farm.board.chip_presence import ChipPresence, await_return, lost_chips, present_chips
from tests.farm.board.host_tree import HostTree

A, B = "0000:61:00.0", "0000:62:00.0"


def test_chips_are_read_from_the_drivers_folder(tmp_path: Path) -> None:
    host = HostTree(tmp_path)
    host.add_chip(0, A, "n300", "18.6.0.0")
    host.add_chip(10, B, "n300")
    (host.sysfs / "tenstorrent!3").mkdir()  # half loaded
    assert present_chips(host.sysfs) == {A: ChipPresence(0, "n300", "18.6.0.0"), B: ChipPresence(10, "n300")}
    assert present_chips(tmp_path / "nothing") == {}


def test_one_of_several_boards_may_be_lost() -> None:
    before = {A: ChipPresence(0, "n300", "18.6.0.0"), B: ChipPresence(1, "n300", "18.6.0.0")}
    assert lost_chips([A, B], before, before) == ""
    assert lost_chips([A, B], before, {B: before[B]}) == f"1 of 2 chips did not come back: {A}"
    assert lost_chips([B], before, {B: before[B]}) == ""
    assert lost_chips([A], {}, before) == "", "it was gone, and is back"
    silent = {**before, B: ChipPresence(1, "n300", "")}
    assert lost_chips([A, B], before, silent) == f"the firmware of {B} doesn't answer"
    assert lost_chips([A, B], {}, silent)
    old_driver = {A: ChipPresence(0), B: ChipPresence(1)}
    assert lost_chips([A, B], old_driver, old_driver) == "", "this driver can't ask"


def test_chips_are_waited_for(tmp_path: Path) -> None:
    now = 0.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    def look() -> dict[str, ChipPresence]:
        return {A: ChipPresence(0)} if now >= 20 else {}

    assert await_return([A], {}, look, 60, clock=lambda: now, sleep=sleep) == ""
    assert now == 20
    now = 0.0
    assert await_return([A], {}, look, 10, clock=lambda: now, sleep=sleep) == f"1 of 1 chip did not come back: {A}"
