"""Calls that run several times with the same inputs, on a mock whose outputs a test writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from farm.core.numeric_options import NumericOptions
from farm.core.payload import TracedCall
from farm.core.verdicts import Reason, Verdict
from tracer.values import Placement, Tensor
from tracer.values import encode as encode_value

pytestmark = pytest.mark.ttnn
torch = pytest.importorskip("torch", reason="outputs are compared with torch: uv sync --all-groups")

TENSOR = Tensor((1, 1, 64, 64), "BFLOAT16", "TILE")
SPREAD = Tensor((1, 1, 32, 64), "BFLOAT16", "TILE", placement=Placement((1, 2), (1, 2), (None, 3)))

Bend = Callable[[Any, int, int], None]
"""Changes an output's numbers in place: the numbers, the run (counted from 1) and the chip."""


class Written:
    """Makes calls on the mock, and reads outputs as a test writes them; before that, all are 0."""

    def __init__(self, device: Any, bend: Bend | None = None) -> None:
        from farm.worker.execution import DeviceExecution

        self._on_device = DeviceExecution(device, waits=False)
        self.bend = bend
        self.calls = 0
        self.inputs: list[Any] = []

    def call(self, operation: Any, live: Any) -> Any:
        import ttnn

        self.calls += 1
        values = [*live.host_positional, *live.host_keywords.values()]
        host = next(each for each in values if isinstance(each, ttnn.Tensor))
        self.inputs.append(ttnn.to_torch(ttnn.get_device_tensors(host)[0]))
        return self._on_device.call(operation, live)

    def read(self, tensor: Any) -> list[Any]:
        import ttnn

        hosts = self._on_device.read(tensor)
        if self.bend is None:
            return hosts
        numbers = [ttnn.to_torch(host) for host in hosts]
        for chip, each in enumerate(numbers):
            self.bend(each, self.calls, chip)
        return [
            ttnn.from_torch(each, layout=host.layout, dtype=host.dtype)
            for each, host in zip(numbers, hosts, strict=True)
        ]

    def write(self, words: Any, memory: Any) -> Any:
        raise NotImplementedError

    def words(self, tensor: Any) -> list[Any]:
        raise NotImplementedError


@pytest.fixture
def run(mock_mesh: Any) -> Callable[..., Any]:
    from farm.worker.runner import Runner

    def run(
        operation: str, *places: Any, bend: Bend | None = None, repeat: int = 4, named: dict[str, Any] | None = None
    ) -> tuple[Any, Written, list[int]]:
        execution = Written(mock_mesh, bend)
        announced: list[int] = []
        runner = Runner(
            mock_mesh, computes=True, execution=execution, announce=lambda run, _outcome=None: announced.append(run)
        )
        arguments = {f"arg{number}": encode_value(value) for number, value in enumerate(places)}
        arguments |= {name: encode_value(value) for name, value in (named or {}).items()}
        call = TracedCall("one", operation, arguments, numbers=NumericOptions(canary=False, repeat=repeat))
        return runner.run(call), execution, announced

    return run


def test_equal_outputs_keep_the_verdict(run: Callable[..., Any]) -> None:
    outcome, execution, announced = run("ttnn.multiply", TENSOR, 0.0)
    assert outcome.verdict is Verdict.PASS, outcome.message
    assert outcome.details["repeat"] == "4 runs, the same bit by bit"
    assert (execution.calls, announced) == (4, [2, 3, 4])
    assert all(torch.equal(execution.inputs[0], later) for later in execution.inputs[1:])


def test_one_run_is_not_repeated(run: Callable[..., Any]) -> None:
    outcome, execution, announced = run("ttnn.multiply", TENSOR, 0.0, repeat=1)
    assert (outcome.verdict, execution.calls, announced) == (Verdict.PASS, 1, [])
    assert "repeat" not in outcome.details


def test_a_later_run_that_differs_is_named(run: Callable[..., Any]) -> None:
    def bend(numbers: Any, run: int, chip: int) -> None:
        if run >= 3 and chip == 0:
            numbers[0, 0, 5, 7:9] = 1.5

    outcome, _, _ = run("ttnn.multiply", TENSOR, 0.0, bend=bend)
    assert (outcome.verdict, outcome.reason) == (Verdict.FAIL_ASSERT_EXCEPTION, Reason.NONDETERMINISTIC)
    assert outcome.message == (
        "with the same inputs, 2 of 3 further runs differ from the first; run 3: 2 of 4096 elements of output on chip 0"
        ", first at [0, 0, 5, 7]: 1.5 (0x3fc0), in the first run 0 (0x0000); the output of the first run is right"
    )


def test_a_wrong_first_output_stays_wrong(run: Callable[..., Any]) -> None:
    def bend(numbers: Any, run: int, chip: int) -> None:
        numbers[0, 0, 0, 0] = run

    outcome, _, _ = run("ttnn.exp", TENSOR, bend=bend)
    assert outcome.reason is Reason.WRONG_NUMBERS
    assert "3 of 3 further runs differ from the first" in outcome.message


def test_each_chip_counts(run: Callable[..., Any]) -> None:
    def bend(numbers: Any, run: int, chip: int) -> None:
        if run == 2 and chip == 1:
            numbers[0, 0, 31, 31] = 2.0

    outcome, _, _ = run("ttnn.multiply", SPREAD, 0.0, bend=bend)
    assert outcome.reason is Reason.NONDETERMINISTIC
    assert "run 2: 1 of 2048 elements of output on chip 1, first at [0, 0, 31, 31]: 2 (0x4000)" in outcome.message


@pytest.mark.parametrize(("first", "later", "same"), [(0x7FC0, 0x7FC0, True), (0x7FC0, 0x7FC1, False)])
def test_nans_compare_by_their_bits(run: Callable[..., Any], first: int, later: int, same: bool) -> None:
    def bend(numbers: Any, run: int, chip: int) -> None:
        numbers.view(torch.int16)[0, 0, 0, 0] = first if run == 1 else later

    outcome, _, _ = run("ttnn.multiply", TENSOR, 0.0, bend=bend)
    assert ("further run" not in outcome.message) is same
    assert ("the same bit by bit" in outcome.details["repeat"]) is same


def test_signed_zeros_differ(run: Callable[..., Any]) -> None:
    def bend(numbers: Any, run: int, chip: int) -> None:
        if run == 2:
            numbers[0, 0, 1, 1] = -0.0

    outcome, _, _ = run("ttnn.multiply", TENSOR, 0.0, bend=bend)
    assert outcome.reason is Reason.NONDETERMINISTIC
    assert "-0 (0x8000), in the first run 0 (0x0000)" in outcome.message


def test_a_run_that_raises_is_told_by_its_number(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def call(self: Written, operation: Any, live: Any) -> Any:
        self.calls += 1
        if self.calls == 3:
            raise RuntimeError("TT_FATAL: no")
        return self._on_device.call(operation, live)

    monkeypatch.setattr(Written, "call", call)
    outcome, _, _ = run("ttnn.multiply", TENSOR, 0.0)
    assert (outcome.verdict, outcome.reason) == (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION)
    assert outcome.message == "run 3 of 4, the first of which returned: TT_FATAL: no"


@pytest.mark.parametrize(("seed", "excluded"), [(None, True), (0, True), (7, False)])
def test_random_numbers_must_repeat_with_a_seed_alone(
    run: Callable[..., Any], seed: int | None, excluded: bool
) -> None:
    def bend(numbers: Any, run: int, chip: int) -> None:
        numbers[...] = run

    named = {} if seed is None else {"seed": seed}
    outcome, execution, _ = run("ttnn.bernoulli", TENSOR, bend=bend, named=named)
    assert (outcome.reason is not Reason.NONDETERMINISTIC) is excluded, outcome.message
    assert (execution.calls == 1) is excluded
    assert ("without a seed" in outcome.details["repeat"]) is excluded


def test_every_output_is_compared() -> None:
    import ttnn

    from farm.worker.repeat import Repeats

    class Host:
        def read(self, tensor: Any) -> list[Any]:
            return [tensor]

    def tensor(*numbers: float) -> Any:
        return ttnn.Tensor(np.array([numbers], np.float32), ttnn.float32)

    repeats = Repeats(Host(), (tensor(1, 2), tensor(3, 4)))  # type: ignore[arg-type]
    repeats.add([tensor(1, 2), tensor(3, 4)])
    assert repeats.complaint() == ""
    repeats.add([tensor(1, 2), tensor(3, 5)])
    repeats.add([tensor(1, 2)])
    assert repeats.different == [3, 4]
    assert (
        "run 3: 1 of 2 elements of output 2, first at [0, 1]: 5 (0x40a00000), in the first run 4" in repeats.complaint()
    )
