"""A worker's share of its host's memory: the policy, and how use is measured."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys

import pytest

from farm.board import blame, memory_watch
from farm.board.confinement import Confinement
from farm.board.memory_share import (
    GRACE_SECONDS,
    LATEST,
    LEAST_SHARE,
    SOONEST,
    MemoryUse,
    Step,
    default_share,
    next_step,
    over_share,
    seconds_to_next,
)
from farm.board.memory_watch import descendants, host_memory, memory_use
from farm.board.protocol import WorkerOutgrew
from farm.core.errors import FarmError
from farm.core.outcome import Outcome
from farm.core.sizes import parse_size
from farm.core.sweep_spec import SweepSpec
from farm.core.verdicts import Reason, Verdict
from farm.running.translation import attempt_result
from scheduler import AttemptResult

MB, GB = 1 << 20, 1 << 30


@pytest.mark.parametrize(
    ("text", "size"),
    [("600M", 600 * MB), ("4GiB", 4 * GB), ("4g", 4 * GB), ("2 GB", 2 * 10**9), ("1024", 1024)],
)
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "lots", "-1G", "4X", "100M"])
def test_a_share_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(FarmError):
        SweepSpec.of(worker_memory=text)


def test_boards_share_what_the_host_can_spare() -> None:
    assert default_share(100 * GB, 1) == 92 * GB, "the host keeps 8 GiB at most"
    assert default_share(20 * GB, 2) == 9 * GB
    assert default_share(20 * GB, 64) == LEAST_SHARE, "virtual boards need little, and rarely at the same time"
    assert default_share(GB // 2, 1) < GB // 2
    assert Confinement(300 * MB, 4).share() == 300 * MB


def test_a_setting_of_the_host_limits_what_a_run_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARM_WORKER_MEMORY", "500M")
    assert Confinement(4 * GB).share() == 500 * MB
    assert Confinement(300 * MB).share() == 300 * MB
    assert Confinement().share() == 500 * MB


def test_a_process_over_its_share_is_interrupted_then_killed() -> None:
    assert next_step(GB, GB) is Step.CONTINUE
    assert next_step(GB + 1, GB) is Step.INTERRUPT
    assert next_step(GB + 1, GB, since_interrupt=1) is Step.CONTINUE, "it releases its board"
    assert next_step(2 * GB, GB, since_interrupt=0.1) is Step.KILL, "it goes on"
    assert next_step(0, GB, since_interrupt=GRACE_SECONDS) is Step.KILL


def test_memory_is_measured_more_often_the_less_is_left() -> None:
    assert seconds_to_next(0, 100 * GB) == LATEST
    assert seconds_to_next(2 * GB, GB) == SOONEST
    assert SOONEST < seconds_to_next(0, GB) < LATEST


def test_the_figures_are_named() -> None:
    assert over_share(MemoryUse(int(5.1 * GB)), 4 * GB) == "used 5.1 GiB of its 4.0 GiB share of the host's memory"
    text = over_share(MemoryUse(100 * MB, 500 * MB, 2, 30 * MB), 600 * MB)
    assert text == (
        "used 630 MiB of its 600 MiB share of the host's memory, of them 500 MiB in 2 child processes and 30 MiB in "
        "files under /dev/shm"
    )


def test_the_memory_of_children_counts() -> None:
    child = "import sys; held = b'x' * (50 << 20); print('up', flush=True); sys.stdin.read()"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        process.stdout.readline()
        assert len(list(descendants(process.pid))) == 1
        assert process.pid in descendants(os.getpid())
        use = memory_use(process.pid, process.pid, exact=True)
        rough = memory_use(process.pid, process.pid)
        process.stdin.close()
    assert use.children > 50 * MB > use.worker > 0
    assert use.processes == 1
    assert rough.total >= use.total
    assert memory_use(process.pid, process.pid) == MemoryUse(0)


def test_files_in_shared_memory_count_once_while_they_are_open() -> None:
    descriptor = os.memfd_create("farm-test")
    before = memory_use(os.getpid(), os.getpid()).files
    os.write(descriptor, b"x" * (5 << 20))
    assert memory_use(os.getpid(), os.getpid()).files - before == 5 << 20
    os.close(descriptor)


def test_the_name_of_a_mapped_file_may_hold_any_line_end() -> None:
    descriptor = os.memfd_create("farm\x0c\r/dev/shm/test")
    os.ftruncate(descriptor, 1 << 20)
    before = memory_use(os.getpid(), os.getpid()).files
    with mmap.mmap(descriptor, 1 << 20) as mapped:
        mapped.write(b"x" * (1 << 20))
        assert memory_use(os.getpid(), os.getpid()).files == before, "what is mapped counts as memory"
    os.close(descriptor)


def test_processes_may_be_below_each_other_a_thousand_times(monkeypatch: pytest.MonkeyPatch) -> None:
    last = 5000

    def children(path: str) -> str:
        pid = int(path.split("/")[2])
        return "" if pid == last else f"{pid + 1} "

    with monkeypatch.context() as patch:
        patch.setattr("os.listdir", lambda path: [path.split("/")[2]])
        patch.setattr(memory_watch, "_text", children)
        pids = list(descendants(1))
    assert pids == list(range(2, last + 1))


def test_a_host_has_memory() -> None:
    assert 0 < host_memory() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def test_a_vector_over_the_share_is_a_fault_of_the_host_and_is_tried_once_more() -> None:
    outcome = blame.end_outcome(WorkerOutgrew("used 2 of 1", "v", -2), "v", 0.0)
    assert (outcome.verdict, outcome.reason) == (Verdict.HOST_FAULT, Reason.OUT_OF_MEMORY_HOST)
    assert attempt_result(outcome) is AttemptResult.CRASHED
    opening = blame.open_outcome(WorkerOutgrew("used 2 of 1"), "v", 0.0)
    assert (opening.verdict, opening.reason) == (Verdict.HOST_FAULT, Reason.OUT_OF_MEMORY_HOST)
    own = Outcome("v", Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, "MemoryError: mine")
    assert attempt_result(own) is AttemptResult.FAILED
