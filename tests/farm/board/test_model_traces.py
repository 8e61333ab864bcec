"""Models as payloads, and their traces under a supervisor; no model really runs."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from farm.board.backends.fake import Act, Script
from farm.board.backends.sim import Sim
from farm.board.limits import Limits
from farm.board.model_traces import trace_model
from farm.board.shipping import pack
from farm.board.trace_run import TraceRun
from farm.board.trace_target import TraceTarget
from farm.core.errors import FarmError, NotRunnable
from farm.core.payload import EncodedVector, ModelTrace, encode
from farm.core.verdicts import Reason, Verdict
from scheduler.board_state import BoardState
from tests.farm.board.supervised import ONE, fake, fake_supervisor, report_lines, run
from tracer.formats.journal import Journal


def result(folder: Path, *, exit_status: int | None = 0, status: int = 0, timeout: float | None = None) -> TraceRun:
    """The result of a target that calls nothing."""
    raw = folder / "trace.jsonl"
    raw.write_text("")
    journal = Journal()
    journal.exit_status = exit_status
    return TraceRun(journal, raw, status, "its output", timeout)


def test_a_model_runs_in_its_folder_and_leaves_nothing_behind(tmp_path: Path) -> None:
    targets = []

    def traced(target: TraceTarget, folder: Path) -> TraceRun:
        targets.append(target)
        return result(folder, exit_status=None, status=-11)

    model = ModelTrace("bert", "test_bert.py", str(tmp_path), ("-x",), {"HF": "1"}, 60.0)
    outcome = trace_model(model, None, tmp_path / "work", traced, computes=False)
    assert targets == [TraceTarget("test_bert.py", ("-x",), 60.0, {"HF": "1"}, tmp_path)]
    trace_model(replace(model, values=True), None, tmp_path / "work", traced, computes=False)
    assert targets[1] == replace(targets[0], values=True)
    assert (outcome.verdict, outcome.reason) == (Verdict.FAIL_CRASH_HANG, Reason.CRASH)
    assert (outcome.printed, list(outcome.raw_trace or ())) == ("its output", [""])
    assert not (tmp_path / "work").exists()


def test_a_model_with_an_archive_runs_in_its_own_folder(tmp_path: Path) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "test_m.py").write_text("import ttnn\n")

    def traced(target: TraceTarget, folder: Path) -> TraceRun:
        assert target.cwd is not None
        assert (target.cwd / "test_m.py").read_text() == "import ttnn\n"
        assert target.cwd.is_relative_to(tmp_path / "work")
        assert target.arguments == (f"--rootdir={target.cwd}", "-x")
        return result(folder)

    model = ModelTrace("m", "test_m.py", "/a/folder/that/only/the/driver/has", ("-x",))
    archive = base64.b64encode(pack(shipped)).decode()
    outcome = trace_model(model, archive, tmp_path / "work", traced, computes=True)
    assert outcome.raw_trace is not None, "it ran"


def test_a_model_that_cannot_run_on_this_host_is_not_run(tmp_path: Path) -> None:
    def traced(_target: TraceTarget, _folder: Path) -> TraceRun:
        raise FarmError("no such test")

    for folder, message in ((tmp_path, "no such test"), (tmp_path / "nowhere", "this host has no folder")):
        outcome = trace_model(ModelTrace("m", "t.py", str(folder)), None, tmp_path / "work", traced, computes=True)
        assert (outcome.verdict, outcome.reason) == (Verdict.NOT_RUN, Reason.INVALID_VECTOR)
        assert message in outcome.message


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Path], TraceRun]], list[str]]:
    """Let supervisors call a function instead of running a target; it returns the list of the targets that they run."""

    def install(run_target: Callable[[Path], TraceRun]) -> list[str]:
        targets: list[str] = []

        def trace(target: TraceTarget, _board: object, folder: Path, _watch: object) -> TraceRun:
            targets.append(target.target)
            return run_target(folder)

        monkeypatch.setattr("farm.board.board_tracing.trace_with_retries", trace)
        return targets

    return install


Install = Callable[[Callable[[Path], TraceRun]], list[str]]


def test_a_board_is_checked_and_released_before_a_target_runs(tmp_path: Path, traces: Install) -> None:
    supervisor = fake_supervisor(Script())

    def run_target(folder: Path) -> TraceRun:
        assert not fake(supervisor)._alive, "its own process opens the board"
        return result(folder)

    targets = traces(run_target)
    supervisor.trace(TraceTarget("test_m.py"), tmp_path)
    assert (targets, fake(supervisor).checks) == (["test_m.py"], 1)
    assert report_lines(supervisor.trust.transitions()) == [
        "healthy by check_passed",
        "busy by work_began",
        "healthy by work_ended",
    ]
    assert len(run(supervisor, "a")) == 1, "vectors run after it"


def test_nothing_runs_on_a_board_that_fails_its_check(tmp_path: Path, traces: Install) -> None:
    targets = traces(result)
    supervisor = fake_supervisor(Script(checks=(False,)))
    with pytest.raises(NotRunnable, match="fake:n300:0: .*not to be sound"):
        supervisor.trace(TraceTarget("test_m.py"), tmp_path)
    assert not targets


@pytest.mark.parametrize(
    ("timeout", "status", "cause"), [(60.0, 0, "process_hung"), (None, -11, "process_died")], ids=["hang", "crash"]
)
def test_a_target_that_breaks_off_has_its_board_checked(
    tmp_path: Path, traces: Install, timeout: float | None, status: int, cause: str
) -> None:
    traces(lambda folder: result(folder, exit_status=None, status=status, timeout=timeout))
    supervisor = fake_supervisor(Script(checks=(True, False)), Limits())
    supervisor.trace(TraceTarget("test_m.py"), tmp_path)
    assert supervisor.health.state is BoardState.HELD
    assert report_lines(supervisor.trust.transitions())[-2:] == [f"suspect by {cause}", "held by budget_spent"]


def test_an_error_of_a_target_is_not_held_against_the_board(tmp_path: Path, traces: Install) -> None:
    def run_target(_folder: Path) -> TraceRun:
        raise FarmError("no such test")

    traces(run_target)
    supervisor = fake_supervisor(Script())
    with pytest.raises(FarmError, match="no such test"):
        supervisor.trace(TraceTarget("test_m.py"), tmp_path)
    assert supervisor.health.state is BoardState.HEALTHY


def test_a_fake_board_runs_models_by_its_script() -> None:
    supervisor = fake_supervisor(Script(acts={"bad": (Act.CRASH,)}), Limits())
    models = [EncodedVector(name, name, encode(ModelTrace(name, "t.py", "/"))) for name in ("a", "bad", "b")]
    ends = [line for line in report_lines(supervisor.run(ONE, models)) if ":" in line]
    assert ends == ["a: validated", "bad: fail_crash_hang", "b: validated"]


@pytest.mark.parametrize(
    ("printed", "verdict", "reason"),
    [
        ("[7] ERROR: UnsupportedFunctionality: x", Verdict.NOT_RUN, Reason.UNSUPPORTED_BY_BACKEND),
        ("RuntimeError: NOC0 is hung on PCIe device ID 3.", Verdict.BOARD_FAULT, Reason.BOARD_WEDGED),
        ("OSError: [Errno 28] No space left on device", Verdict.HOST_FAULT, Reason.HOST_RESOURCES),
        ("Watcher detected tripped assert and stopped device.\nAborted", Verdict.FAIL_WATCHER, Reason.EXCEPTION),
    ],
)
def test_what_a_model_printed_last_says_whose_fault_its_end_is(
    tmp_path: Path, printed: str, verdict: Verdict, reason: Reason
) -> None:
    def traced(_target: TraceTarget, folder: Path) -> TraceRun:
        return replace(result(folder, exit_status=None, status=-6), output=printed)

    model = ModelTrace("bert", "test_bert.py", str(tmp_path))
    outcome = trace_model(model, None, tmp_path / "work", traced, computes=True, lacks=Sim.lacks)
    assert (outcome.verdict, outcome.reason) == (verdict, reason)
