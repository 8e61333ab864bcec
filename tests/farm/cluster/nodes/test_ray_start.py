"""`ray start` without what of a head nobody uses; that jobs are taken, is tested with three hosts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from farm.cluster.nodes import ray_start
from farm.cluster.nodes.ray_start import UNUSED, has_parts, jobs_alone, main, without_idle_workers
from farm.cluster.ray_processes import node_class

RAYLET = ["raylet", "--num_prestart_python_workers=64", "--node_id=7"]
DASHBOARD = ["python", "-u", "/somewhere/ray/dashboard/dashboard.py", "--host=127.0.0.1"]


def test_a_dashboard_takes_jobs_alone() -> None:
    assert jobs_alone(DASHBOARD) == [*DASHBOARD, "--modules-to-load=JobHead,NodeHead"]


def test_a_raylet_starts_no_idle_workers() -> None:
    assert without_idle_workers(RAYLET) == ["raylet", "--node_id=7", "--num_prestart_python_workers=0"]


@pytest.mark.parametrize("command", [["raylet", "--node_id=7"], ["python", "ray/dashboard/agent.py"], []])
def test_other_programs_are_left_alone(command: list[str]) -> None:
    assert jobs_alone(command) is None
    assert without_idle_workers(command) is None


def test_the_installed_ray_has_these_parts() -> None:
    pytest.importorskip("aiohttp", reason="Ray's jobs need ray[default]: uv run --all-groups pytest")
    assert has_parts()
    assert set(UNUSED) <= set(vars(node_class()))


@pytest.mark.parametrize("known", [True, False])
def test_ray_start_gets_the_arguments(known: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def start(command: Sequence[str]) -> None:
        started.append(list(command))

    class Node:
        """Stands in for Ray's."""

        def start_ray_client_server(self) -> None:
            start(["client server"])

    def ray_start_command() -> None:
        assert sys.argv == ["ray", "start", "--head"]
        Node().start_ray_client_server()
        services.start_ray_process(DASHBOARD)
        services.start_ray_process(RAYLET)

    services = SimpleNamespace(start_ray_process=start)
    monkeypatch.setitem(sys.modules, "ray._private.services", services)
    monkeypatch.setitem(sys.modules, "ray._private.node", SimpleNamespace(Node=Node))
    monkeypatch.setitem(sys.modules, "ray.scripts.scripts", SimpleNamespace(main=ray_start_command))
    monkeypatch.setattr(ray_start, "has_parts", lambda: known)
    monkeypatch.setattr(sys, "argv", ["ray_start", "--head"])
    main()
    assert started == [jobs_alone(DASHBOARD) if known else DASHBOARD, without_idle_workers(RAYLET)]


@pytest.mark.parametrize("module", ["ray.no_such_part.job_head", "json"])
def test_a_ray_that_takes_jobs_elsewhere_keeps_its_dashboard(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_start, "PARTS", {"JobHead": module})
    assert not has_parts()
