"""A Ray node of a host."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from farm.cluster.nodes.host_state import HostState, load_state, process_began
from farm.cluster.nodes.node import Node, end_node


def test_ending_a_node_ends_its_processes_and_no_others(tmp_path: Path) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    marked = {**os.environ, "FARM_NODE": "a-marker"}
    with (
        subprocess.Popen(sleep, env=marked, start_new_session=True) as ours,
        subprocess.Popen(sleep, env=marked, start_new_session=True) as child,
        subprocess.Popen(sleep, start_new_session=True) as other,
    ):
        state = HostState(
            name="a",
            head=True,
            address="127.0.0.1:6379",
            node_ip="127.0.0.1",
            token_file=tmp_path / "token",
            marker="a-marker",
            pid=ours.pid,
            began=process_began(ours.pid) or 0,
            log=tmp_path / "log",
        )
        state.save(tmp_path)
        assert load_state(tmp_path) == state
        assert state.is_alive
        assert end_node(state, grace=10) == 2
        assert not state.is_alive
        assert child.wait(5) != 0
        assert other.poll() is None
        other.kill()


def test_the_command_line_of_a_node_has_its_resources_and_no_token(tmp_path: Path) -> None:
    node = Node("a", "10.0.0.1", tmp_path / "token", join="10.0.0.9:6379", resources={"board:a": 1})
    assert '{"TTNPU": 0, "board:a": 1}' in node.command()
    environment = node.environment("m")
    assert environment["RAY_AUTH_MODE"] == "token"
    assert "RAY_AUTH_TOKEN" not in environment
