"""What a mock board can't tell is not run, and no failure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.board.worker_handle import WorkerProcess
from farm.core.lacks import Lack
from farm.core.outcome import Outcome
from farm.core.payload import EncodedVector, TracedCall, encode
from farm.core.verdicts import Reason, Verdict
from farm.worker.lacking import without_lacks, without_other_grid
from tracer.device_config import DeviceConfig
from tracer.values import Tensor
from tracer.values import encode as encode_value

MESSAGE = (
    "TT_FATAL @ work_unit.cpp:47: node.x < compute_grid_size.x\ninfo:\n"
    "WorkUnitSpec 'wu' targets node (0,9), which is out of bounds. The compute worker grid on this device is 8x9."
)
FAILED = Outcome("v", Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, MESSAGE)


def test_a_core_that_the_board_has_is_no_failure() -> None:
    outcome = without_other_grid(FAILED, (8, 10))
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_RUN, Reason.UNSUPPORTED_BY_BACKEND)
    assert outcome.message == (
        "a mock board can't tell: this ttnn checks it against 8 x 9 compute cores, "
        "and it uses core (0, 9) of the 8 x 10 that the board was opened with"
    )


@pytest.mark.parametrize(
    ("outcome", "grid"),
    [
        (FAILED, (8, 9)),
        (replace(FAILED, message="TT_FATAL: another"), (8, 10)),
        (Outcome("v", Verdict.VALIDATED), (8, 10)),
    ],
)
def test_other_outcomes_stay(outcome: Outcome, grid: tuple[int, int]) -> None:
    assert without_other_grid(outcome, grid) is outcome


def test_a_suite_that_expects_failures_does_not_expect_a_lack() -> None:
    lacks = [Lack("the simulator can't", "UnsupportedFunctionality")]
    expected = Outcome("v", Verdict.XFAIL, Reason.EXCEPTION, "UnsupportedFunctionality: x", traceback="line 1")
    outcome = without_lacks(expected, lacks)
    assert (outcome.verdict, outcome.reason) == (Verdict.NOT_RUN, Reason.UNSUPPORTED_BY_BACKEND)
    assert (outcome.message, outcome.traceback) == ("the simulator can't: UnsupportedFunctionality: x", "")
    assert without_lacks(replace(expected, verdict=Verdict.VALIDATED), lacks).verdict is Verdict.VALIDATED
    assert without_lacks(replace(expected, message="else"), lacks).verdict is Verdict.XFAIL


@pytest.mark.ttnn
def test_no_operation_fails_for_the_way_a_mock_is_opened(tmp_path: Path) -> None:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    process = WorkerProcess(mock_boards(KINDS["galaxy"], 1)[0], tmp_path)
    process.start()
    try:
        assert process.open(DeviceConfig(dispatch_core_type="ETH"), 60).grid == (8, 10)
        tensor = encode_value(Tensor((1, 1, 32 * 80, 32), "BFLOAT16", "TILE"))
        call = EncodedVector("v", "ttnn.relu", encode(TracedCall("v", "ttnn.relu", {"arg0": tensor})))
        [outcome] = process.run([call], 60)
        assert outcome.verdict in (Verdict.VALIDATED, Verdict.NOT_RUN)
        arguments = {
            "arg0": tensor,
            "arg1": {"type": "MeshCoordinate", "value": "MeshCoordinate([0, 0])"},
            "arg2": {"type": "MeshCoordinate", "value": "MeshCoordinate([1, 0])"},
        }
        name = "ttnn.point_to_point"
        [sent] = process.run([EncodedVector("p", name, encode(TracedCall("p", name, arguments)))], 60)
        assert (sent.verdict, sent.reason) == (Verdict.NOT_RUN, Reason.UNSUPPORTED_BY_BACKEND)
        assert sent.message == "a mock board can't send from one chip to another: ttnn.point_to_point"
    finally:
        process.close()
