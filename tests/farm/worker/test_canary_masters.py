"""Configurations of models, watched on a mock whose memory a double models: none writes past its output there."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from farm.core.numeric_options import NumericOptions
from farm.core.payload import TracedCall
from farm.core.verdicts import Reason
from tracer.master.master import Master, shipped
from tracer.values import Tensor
from tracer.values.configuration import Configuration

pytestmark = pytest.mark.ttnn
pytest.importorskip("torch", reason="inputs are compared with torch: uv sync --all-groups")

EACH = 2
"""Configurations of each operation."""
LARGEST = 1 << 20
"""Numbers of all their inputs."""


def selected(master: Master) -> Iterable[Configuration]:
    for configurations in master.configurations.values():
        small = [
            each
            for each in configurations
            if not each.lost
            and sum(math.prod(value.shape) for value in each.arguments.values() if isinstance(value, Tensor)) <= LARGEST
        ]
        yield from small[:EACH]


def watched(mesh: Any, monkeypatch: pytest.MonkeyPatch, configurations: Iterable[Configuration]) -> Counter[str]:
    """Run configurations, and count those that were watched whole, in part, or not at all."""
    from farm.worker.goldens.calling import NotCompared
    from farm.worker.runner import Runner
    from tests.farm.worker.modelled_memory import ModelledMemory

    class NoJudge:
        def judge(self, *_: Any) -> Any:
            raise NotCompared(Reason.NO_GOLDEN, "its memory alone counts")

    counts: Counter[str] = Counter()
    for configuration in configurations:
        runner = Runner(mesh, computes=True, execution=ModelledMemory(mesh))
        monkeypatch.setattr(runner, "_numeric_judge", NoJudge())
        call = TracedCall(
            "one",
            configuration.operation,
            configuration.encoded,
            tuple(configuration.names),
            numbers=NumericOptions(canary=True),
        )
        outcome = runner.run(call)
        assert outcome.reason not in (Reason.WROTE_PAST_OUTPUT, Reason.INTERNAL), (configuration, outcome.message)
        if outcome.verdict.good:
            canary = outcome.details["canary"]
            counts["part" if "not_watched" in canary else "whole"] += 1
    return counts


def test_the_shipped_master_is_watched(mock_mesh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    counts = watched(mock_mesh, monkeypatch, selected(Master.read(shipped())))
    assert counts["whole"] >= 40
    assert counts["part"] <= counts["whole"] // 20


def test_a_real_master_is_watched(mock_mesh: Any, monkeypatch: pytest.MonkeyPatch, shared_data: Path) -> None:
    counts = watched(mock_mesh, monkeypatch, selected(Master.read(shared_data / "master_n300_2025-11_v1.json")))
    assert counts["whole"] >= 20
    assert counts["part"] <= counts["whole"] // 5  # pad and reshape of host tensors have no output on the device
