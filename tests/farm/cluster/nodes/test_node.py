"""A Ray node of a host."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from farm.cluster.nodes.host_state import HostState, load_state
from farm.cluster.nodes.node import Node, end_node, forget_cluster
from farm.core.process_identity import identity_of

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def state_of(pid: int, folder: Path, **changes: Any) -> HostState:
    """The record of a node whose own process is a given one."""
    identity = identity_of(pid)
    assert identity is not None
    state = HostState(
        name="a",
        head=True,
        address="127.0.0.1:6379",
        node_ip="127.0.0.1",
        token_file=folder / "token",
        marker="a-marker",
        pid=pid,
        began=identity.start,
        boot=identity.boot,
        namespace=identity.namespace,
        log=folder / "log",
    )
    return state.model_copy(update=changes)


def test_ending_a_node_ends_its_processes_and_no_others(tmp_path: Path) -> None:
    marked = {**os.environ, "FARM_NODE": "a-marker"}
    almost = {**os.environ, "FARM_NODE": "a-marker-of-another"}
    with (
        subprocess.Popen(SLEEP, env=marked, start_new_session=True) as ours,
        subprocess.Popen(SLEEP, env=marked, start_new_session=True) as child,
        subprocess.Popen(SLEEP, env=almost, start_new_session=True) as other,
    ):
        state = state_of(ours.pid, tmp_path)
        state.save(tmp_path)
        assert load_state(tmp_path) == state
        assert state.is_alive
        assert end_node(state, grace=10) == 2
        assert not state.is_alive
        assert child.wait(5) != 0
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize(
    "change", [{"boot": "an earlier start"}, {"namespace": "another's"}, {"began": 1}, {"boot": ""}]
)
def test_after_a_reboot_only_marked_processes_are_ended(tmp_path: Path, change: dict[str, Any]) -> None:
    script = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input()']); print(flush=True); input()"
    with (
        # it has the id of the old node's own process, and a session with a child
        subprocess.Popen(
            [sys.executable, "-c", script], start_new_session=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as foreign,
        subprocess.Popen(SLEEP, env={**os.environ, "FARM_NODE": "a-marker"}, start_new_session=True) as marked,
    ):
        assert foreign.stdout
        foreign.stdout.readline()
        state = state_of(foreign.pid, tmp_path, **change)
        assert not state.is_alive
        assert end_node(state, grace=10) == 1
        assert marked.wait(5) != 0
        assert foreign.poll() is None
        assert end_node(state, grace=10) == 0
        foreign.kill()


def test_the_command_line_of_a_node_has_its_resources_and_no_token(tmp_path: Path) -> None:
    node = Node("a", "10.0.0.1", tmp_path / "token", join="10.0.0.9:6379", resources={"board:a": 1})
    assert '{"TTNPU": 0, "board:a": 1}' in node.command()
    environment = node.environment("m")
    assert environment["RAY_AUTH_MODE"] == "token"
    assert "RAY_AUTH_TOKEN" not in environment


def test_a_note_of_a_head_that_ended_is_removed_and_one_of_another_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    note = tmp_path / "ray" / "ray_current_cluster"
    forget_cluster("10.0.0.1:6379")
    note.parent.mkdir()
    note.write_text("10.0.0.2:6379\n")
    forget_cluster("10.0.0.1:6379")
    assert note.exists()
    forget_cluster("10.0.0.2:6379")
    assert not note.exists()
