"""Raylets without their agents, with stand-ins for Ray of other versions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from farm.cluster import bare_node, ray_signals
from farm.cluster.bare_raylet import AGENTS, IDLE, without_agents
from farm.cluster.ray_processes import changed_commands

RAYLET = ["raylet", "--node_id=7", *(f"{name}=python agent.py --port=0" for name in AGENTS), "--metrics-agent-port=0"]


def test_a_command_without_agents() -> None:
    assert without_agents(RAYLET) == [
        "raylet",
        "--node_id=7",
        f"--dashboard_agent_command={IDLE}",
        f"--runtime_env_agent_command={IDLE}",
        "--metrics-agent-port=1",
        "--metrics_export_port=1",
        "--dashboard_agent_listen_port=1",
        "--runtime_env_agent_port=1",
    ]


@pytest.mark.parametrize("command", [["gcs_server", "--gcs_server_port=0"], RAYLET[:3], []])
def test_other_commands_are_left_alone(command: list[str]) -> None:
    assert without_agents(command) is None


class Ray:
    """Stands in for Ray, whose `init` starts a raylet; one without agents may not start in this version."""

    def __init__(self, *, needs_agents: bool, fails: bool = False) -> None:
        self.needs_agents = needs_agents
        self.fails = fails
        self.services = SimpleNamespace(start_ray_process=self.start)
        self.started: list[list[str]] = []

    def start(self, command: Sequence[str], process_type: str, *, fate_share: bool) -> None:
        assert (process_type, fate_share) == ("raylet", True)
        self.started.append(list(command))

    def init(self) -> None:
        self.services.start_ray_process(RAYLET, "raylet", fate_share=True)
        if self.fails or (self.needs_agents and self.started[-1] != RAYLET):
            raise Exception("The current node timed out during startup")  # noqa: TRY002 - as Ray does

    def shutdown(self) -> None:
        self.started.append(["shutdown"])


def ray(monkeypatch: pytest.MonkeyPatch, **options: bool) -> Ray:
    made = Ray(**options)
    monkeypatch.setattr(ray_signals, "ray", made)
    monkeypatch.setitem(sys.modules, "ray._private.services", made.services)
    return made


def test_a_raylet_starts_without_its_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ray(monkeypatch, needs_agents=False)
    bare_node.init_bare()
    assert made.started == [without_agents(RAYLET)]
    assert made.services.start_ray_process == made.start, "only for a cluster of farm's own"


def test_a_ray_that_needs_them_starts_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ray(monkeypatch, needs_agents=True)
    bare_node.init_bare()
    assert made.started == [without_agents(RAYLET), ["shutdown"], RAYLET]


def test_a_ray_that_does_not_start_at_all_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ray(monkeypatch, needs_agents=False, fails=True)
    with pytest.raises(Exception, match="timed out during startup"):
        bare_node.init_bare()
    assert made.started[-1] == RAYLET


@pytest.mark.parametrize("services", [None, SimpleNamespace()])
def test_a_ray_of_other_parts_is_left_alone(services: SimpleNamespace | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray._private.services", services)
    with changed_commands(without_agents) as commands:
        assert not commands.changed
