"""The client of a registry, with an actor that only takes notes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from farm.cluster.registry.client import ADVICE, FarmClient
from farm.cluster.registry.service import RegistryActor


def test_a_call_reaches_the_method_that_it_names() -> None:
    def remote(*arguments: Any, **keywords: Any) -> str:
        calls.append((arguments, keywords))
        return "a reference"

    calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
    farm = FarmClient(SimpleNamespace(checked=SimpleNamespace(remote=remote)))
    reference = farm.send(RegistryActor.checked, "lab:mock:n300:0", passed=False, message="hot")
    assert reference == "a reference"
    assert calls == [(("lab:mock:n300:0",), {"passed": False, "message": "hot"})]


def test_the_advice_names_the_registrys_process() -> None:
    assert ADVICE.endswith(f"pkill -KILL -f '^ray::{RegistryActor.__name__}'")
