"""The kernel cache: its folders, cold openings and pruning."""

from __future__ import annotations

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from farm.board.kernel_cache import (
    COLD_SECONDS,
    UNUSED_SECONDS,
    cache_environment,
    hits,
    opening,
    prune,
    ttnn_build,
)
from farm.board.kinds import KINDS
from farm.core.board import Board
from farm.core.classify import last_error_line
from farm.core.measures import KERNELS_VARIABLE
from farm.core.progress import Silent
from farm.report.digest import unusual_event
from farm.running.driver import Driver
from farm.store import RunBoard, RunInfo, Store
from tests.farm.local_fleet import LocalFleet
from tracer.device_config import DeviceConfig

N300 = KINDS["n300"]


def silicon(name: str) -> Board:
    return Board(name, "silicon", N300)


def test_a_hosts_boards_share_a_folder_that_stays_the_same(tmp_path: Path) -> None:
    one = cache_environment(silicon("host:0000:01:00.0"), {}, tmp_path)
    folder = Path(one[KERNELS_VARIABLE])
    assert folder.is_dir()
    assert folder == tmp_path / socket.gethostname() / ttnn_build()
    assert one == cache_environment(silicon("host:0000:02:00.0"), {}, tmp_path)
    assert one != cache_environment(silicon("host:0000:01:00.0"), {}, tmp_path, python="/opt/tt-metal/bin/python")


def test_clients_of_a_compile_server_have_folders_of_their_own(tmp_path: Path) -> None:
    server = {"TT_METAL_JIT_SERVER_ENDPOINTS": "compiler:9876"}
    one, other = (cache_environment(silicon(name), server, tmp_path) for name in "ab")
    assert one != other


def test_cold_openings_happen_one_after_the_other(tmp_path: Path) -> None:
    inside: list[str] = []

    def open_board(name: str) -> None:
        with opening(tmp_path, silicon(name), DeviceConfig()):
            inside.append(name)
            assert len(inside) == 1
            time.sleep(0.02)
            inside.remove(name)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(open_board, "abcd"))
    with opening(tmp_path, silicon("a"), DeviceConfig(l1_small_size=8)):  # another device config, cold again
        began = time.monotonic()
        open_board("a")  # its firmware is in the cache, so it does not wait
        with opening(tmp_path, silicon("b"), DeviceConfig(l1_small_size=8), wait=0.05):
            pass  # the board that holds the lock may hang, so the wait has an end
        assert time.monotonic() - began < COLD_SECONDS


def test_a_board_that_did_not_open_stays_cold(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="refused"), opening(tmp_path, silicon("a"), DeviceConfig()):
        raise OSError("refused")
    assert [path.name for path in (tmp_path / ".opened").iterdir()] == ["lock"]


def test_ttnns_count_of_kernels_is_read_from_its_output() -> None:
    line = "2026 | info     |    BuildKernels | JIT cache stats: 29/35 hits (82.9%) [29 cached, 93 dedup]\n"
    assert hits(f"JIT cache stats: 1/2 hits (50.0%) [1 cached]\n{line}") == (29, 35)
    assert last_error_line(line) == ""
    assert hits("") is None


def test_a_folder_that_the_user_set_is_kept_and_mocks_need_none(tmp_path: Path) -> None:
    assert cache_environment(silicon("a"), {KERNELS_VARIABLE: "/elsewhere"}, tmp_path) == {}
    assert cache_environment(Board("m", "mock", N300), {}, tmp_path) == {}
    assert list(tmp_path.iterdir()) == []


def test_an_unwritable_folder_costs_only_the_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert cache_environment(silicon("a"), {}, tmp_path / "file") == {}


def test_the_least_recently_used_kernels_are_removed_first(tmp_path: Path) -> None:
    now = 1e9
    kernels = tmp_path / "host" / "build" / "key" / "kernels" / "reader"
    for name, age in (("new", 0.0), ("old", 2.0), ("oldest", 3.0)):
        file = kernels / name / "brisc" / "brisc.elf"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x" * 100)
        os.utime(file, (now - age * UNUSED_SECONDS, now - age * UNUSED_SECONDS))
    prune(tmp_path, most=250, now=now)
    assert sorted(folder.name for folder in kernels.iterdir()) == ["new", "old"]
    prune(tmp_path, most=0, now=now)
    assert [folder.name for folder in kernels.iterdir()] == ["new"]


def test_the_report_has_the_count_of_kernels(tmp_path: Path) -> None:
    with Store.open(tmp_path / "farm.db") as store:
        run_id = store.start_run(RunInfo("farm sweep"))
        board = silicon("a")
        driver = Driver(run_id, [board], LocalFleet(), store, Silent())
        store.board(run_id, RunBoard(board))
        driver.released({"a": (29, 35)})
        [recorded] = store.view(run_id).run.boards
    assert [(event.details, unusual_event(event)) for event in recorded.events] == [
        ({"found": 29, "needed": 35}, "29 of 35 kernels compiled before")
    ]
