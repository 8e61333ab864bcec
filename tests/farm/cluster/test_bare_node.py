"""Ray's node without unused processes, with stand-ins for Ray of other versions."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from farm.cluster import bare_node, ray_signals
from farm.cluster.ray_processes import node_class


class Ray:
    """Stands in for Ray: its `init` starts what its class `Node` has methods for."""

    def __init__(self, node: type | None) -> None:
        self.node = node
        self.inits = 0
        self.shutdowns = 0
        self.options: dict[str, Any] = {}
        self.error: Exception | None = None

    def init(self, **options: Any) -> None:
        self.inits += 1
        self.options = options
        if self.error is not None:
            raise self.error
        if self.node is not None:
            self.node().start()

    def shutdown(self) -> None:
        self.shutdowns += 1


class Known:
    """A node whose method of a process returns nothing that it needs."""

    started: ClassVar[list[str]] = []

    def start(self) -> None:
        self.start_api_server(raise_on_failure=False)
        self.started.append("raylet")

    def start_api_server(self, *, raise_on_failure: bool) -> None:
        assert not raise_on_failure
        self.started.append("api server")


class Needy:
    """A node that can't do without what its method returns."""

    def start(self) -> None:
        self.start_monitor().strip()

    def start_monitor(self) -> str:
        return " address "


@pytest.fixture
def ray(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Ray:
    ray = Ray(request.param)
    monkeypatch.setattr(ray_signals, "ray", ray)
    module = SimpleNamespace() if ray.node is None else SimpleNamespace(Node=ray.node)
    monkeypatch.setitem(sys.modules, "ray._private.node", module)
    return ray


@pytest.mark.parametrize("ray", [Known], indirect=True)
def test_unused_processes_do_not_start(ray: Ray) -> None:
    Known.started.clear()
    bare_node.init_bare(num_cpus=2)
    assert Known.started == ["raylet"]
    assert ray.options == {"num_cpus": 2}
    Known().start()
    assert Known.started == ["raylet", "api server", "raylet"], "only for a cluster of farm's own"


@pytest.mark.parametrize("ray", [Needy], indirect=True)
def test_a_ray_that_needs_one_of_them_starts_with_all(ray: Ray) -> None:
    bare_node.init_bare()
    assert (ray.inits, ray.shutdowns) == (2, 1)


@pytest.mark.parametrize("ray", [None], indirect=True)
def test_a_ray_with_other_parts_starts_as_it_likes(ray: Ray) -> None:
    bare_node.init_bare()
    assert ray.inits == 1


@pytest.mark.parametrize("ray", [None, Known], indirect=True)
@pytest.mark.parametrize("error", [AttributeError("no such thing"), OSError("no memory")])
def test_other_errors_are_raised(ray: Ray, error: Exception) -> None:
    ray.error = error
    with pytest.raises(type(error), match=str(error)):
        bare_node.init_bare()


def test_the_installed_ray_has_them() -> None:
    assert set(bare_node.UNUSED) <= set(vars(node_class()))
