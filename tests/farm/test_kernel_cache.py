"""Compiled kernels: whose folder, and how much of them is kept."""

from __future__ import annotations

import os
from pathlib import Path

from farm.boards.base import Board
from farm.boards.kinds import KINDS
from farm.kernel_cache import UNUSED_SECONDS, VARIABLE, cache_environment, prune, ttnn_build

N300 = KINDS["n300"]


def silicon(name: str) -> Board:
    return Board(name, "silicon", N300)


def test_each_board_has_a_folder_that_stays_the_same(tmp_path: Path) -> None:
    one = cache_environment(silicon("host:0000:01:00.0"), {}, tmp_path)
    assert one == cache_environment(silicon("host:0000:01:00.0"), {}, tmp_path)
    folder = Path(one[VARIABLE])
    assert folder.is_dir()
    assert folder.parent == tmp_path / ttnn_build()
    assert one != cache_environment(silicon("host:0000:02:00.0"), {}, tmp_path)


def test_who_chose_a_folder_keeps_it_and_mocks_need_none(tmp_path: Path) -> None:
    assert cache_environment(silicon("a"), {VARIABLE: "/elsewhere"}, tmp_path) == {}
    assert cache_environment(Board("m", "mock", N300), {}, tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_can_t_be_written_costs_only_the_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert cache_environment(silicon("a"), {}, tmp_path / "file") == {}


def test_what_was_unused_for_longest_goes_first(tmp_path: Path) -> None:
    now = 1e9
    for name, age in (("new", 0.0), ("old", 2.0), ("oldest", 3.0)):
        folder = tmp_path / "build" / name
        folder.mkdir(parents=True)
        (folder / "kernel.elf").write_bytes(b"x" * 100)
        os.utime(folder, (now - age * UNUSED_SECONDS, now - age * UNUSED_SECONDS))
    prune(tmp_path, most=250, now=now)
    assert sorted(folder.name for folder in (tmp_path / "build").iterdir()) == ["new", "old"]
    prune(tmp_path, most=0, now=now)
    assert [folder.name for folder in (tmp_path / "build").iterdir()] == ["new"]
