"""Supervisors of fake boards, for tests."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

from farm.board.backends.fake import Script, fake_boards
from farm.board.fake_worker import FakeWorker
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.board.supervisor import BoardReport, Supervisor
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from tests.farm.payloads import encoded_vector
from tracer.device_config import DeviceConfig

ONE, TWO = DeviceConfig(), DeviceConfig(mesh_shape=(1, 2))
VALIDATED = (Verdict.VALIDATED, Reason.NONE)


class GatedWorker(FakeWorker):
    """Signals that its first vector runs, and waits for the test before that ends.

    Attributes:
        running: set when the first vector runs.
        gate: set by the test; the vector ends after it.
    """

    def __init__(self, *arguments: object) -> None:
        super().__init__(arguments[0])  # type: ignore[arg-type]  # the board
        self.running, self.gate = threading.Event(), threading.Event()

    def _run(self, vector_id: str, timeout: float) -> Outcome:
        self.running.set()
        assert self.gate.wait(60)
        return super()._run(vector_id, timeout)


def fake_supervisor(script: Script, limits: Limits | None = None) -> Supervisor:
    """The supervisor of a fake board that behaves by a script."""
    [board] = fake_boards(KINDS["n300"], 1, script=script)
    return Supervisor(board, Path("unused"), limits or Limits(open=0.05, vector=0.05))


def fake(supervisor: Supervisor) -> FakeWorker:
    """Its worker."""
    assert isinstance(supervisor.worker, FakeWorker)
    return supervisor.worker


def run(supervisor: Supervisor, *names: str, config: DeviceConfig = ONE) -> list[Outcome]:
    """The outcomes of vectors."""
    return outcomes_of(supervisor.run(config, [encoded_vector(name) for name in names]))


def outcomes_of(reports: Iterable[BoardReport]) -> list[Outcome]:
    """The outcomes among a supervisor's reports."""
    return [each for each in reports if isinstance(each, Outcome)]


def ends(outcomes: list[Outcome]) -> list[tuple[Verdict, Reason]]:
    """The verdict and reason of each outcome."""
    return [(outcome.verdict, outcome.reason) for outcome in outcomes]


def report_lines(reports: Iterable[BoardReport]) -> list[str]:
    """Outcomes and transitions in words, in order."""
    return [
        f"{each.vector_id}: {each.verdict.value}"
        if isinstance(each, Outcome)
        else f"{each.after.value} by {each.cause.value}"
        for each in reports
    ]


def report_lines_of(supervisor: Supervisor, *names: str) -> list[str]:
    """A supervisor's reports while it runs vectors, in words."""
    return report_lines(supervisor.run(ONE, [encoded_vector(name) for name in names]))
