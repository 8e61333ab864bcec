"""The summary in the terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from farm.core.sweep_spec import SweepSpec
from farm.core.verdicts import Reason, Verdict
from farm.report import print_summary, stdout_console
from farm.report.digest import NO_NUMBERS, NO_TTNN, digest_run
from farm.store import Ended, RunBoard, RunInfo, RunView, Store
from tests.farm.store_helpers import MOCK, recorded_run


def printed(view: RunView, written: list[Path] | None = None) -> str:
    stream = io.StringIO()
    print_summary(Console(file=stream, width=100), view, written or [])
    return stream.getvalue()


def test_the_summary_of_a_mixed_run(mixed: RunView, tmp_path: Path) -> None:
    lines = printed(mixed, [tmp_path / "report.json"]).splitlines()
    assert lines[0] == "2 of 7 vectors ended well; 3 failed, 1 hit a fault and 1 did not run."
    assert NO_NUMBERS in lines
    assert digest_run(mixed).identity in lines
    assert lines[-1] == f"Report: {tmp_path / 'report.json'}"
    text = "\n".join(lines)
    assert "TT_FATAL: # < #" in text
    assert "not_run (lost_argument)" in text


def test_a_hostile_message_stays_text(mixed: RunView) -> None:
    text = printed(mixed)
    assert "[red]x[/red]" in text
    assert not set(text) & set("\x1b\x00\x07\u202e\ud800")


def test_the_summary_of_a_good_run_is_short(good: RunView) -> None:
    text = printed(good)
    assert "Failures" not in text
    assert "Not run" not in text
    assert len(text.splitlines()) < 15
    assert text.endswith(f"Write its report files with: farm report {good.run.id}\n")


def test_boards_that_compute_need_no_explanation(store: Store) -> None:
    view = store.view(recorded_run(store, [(Verdict.PASS, Reason.NONE, "")]))
    assert NO_NUMBERS not in printed(view)


def test_a_stopped_run_can_be_continued(store: Store) -> None:
    run_id = store.start_run(RunInfo("farm sweep", spec=SweepSpec.of(["add"], boards="mock:n300")))
    store.finish_run(run_id, Ended.STOPPED, finished=2_000_000_000.0)
    assert f"Continue with: farm sweep --resume {run_id}\n" in printed(store.view(run_id))


def test_printed_commands_name_the_store_without_its_password(good: RunView) -> None:
    stream = io.StringIO()
    print_summary(Console(file=stream, width=200), good, store="postgresql://ann:horse-battery@lab/my farm")
    assert stream.getvalue().endswith(f"farm report {good.run.id} --store 'postgresql://ann:***@lab/my farm'\n")


def test_vectors_that_did_not_run_show_a_message_as_it_was(store: Store) -> None:
    messages = ["n150 opens no 2 x 4 mesh of chips", "n150 opens no 1 x 2 mesh of chips"]
    broken = ["ttnn.add, index 3: no shape", "ttnn.add, index 14: no shape"]
    verdicts = [(Verdict.NOT_RUN, Reason.UNSATISFIABLE, message) for message in messages]
    verdicts += [(Verdict.NOT_RUN, Reason.BROKEN_CONFIGURATION, message) for message in broken]
    text = printed(store.view(recorded_run(store, verdicts)))
    assert all(message in text for message in messages), "each need is a group of its own"
    assert f"for example: {broken[0]}" in text
    assert broken[1] not in text


def test_scripted_verdicts_are_called_so(store: Store) -> None:
    run_id = recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")])
    store.board(run_id, RunBoard(MOCK, host="here", ttnn_version=None))
    text = printed(store.view(run_id))
    assert NO_TTNN in text
    assert NO_NUMBERS not in text


def test_without_a_terminal_no_line_is_wrapped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    stdout_console().print("word " * 100)
    assert len(capsys.readouterr().out.splitlines()) == 1
