"""How models' runs are judged: real ones that need no board, and results made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.board import download_retries
from farm.board.backends.mock import mock_boards
from farm.board.download_retries import trace_with_retries, with_tries
from farm.board.kinds import KINDS
from farm.board.model_verdict import judge
from farm.board.trace_run import TraceRun, trace
from farm.board.trace_target import TraceTarget
from farm.core.errors import NothingSelected
from farm.core.verdicts import Reason, Verdict
from tracer.formats.journal import Failure, Journal, TracedTest
from tracer.formats.raised_error import RaisedError

FAILED = Verdict.FAIL_ASSERT_EXCEPTION
BOARD = mock_boards(KINDS["n150"], 1)[0]

TESTS = {
    "test_download.py": (
        "import pytest\nclass HfHubHTTPError(OSError): pass\n"
        "@pytest.fixture\ndef weights(): raise HfHubHTTPError('503 Server Error: url: https://huggingface.co/x')\n"
        "def test_model(weights): pass\n"
    ),
    "test_import.py": "from json import no_such_name\n",
    "test_own.py": "def test_model(): assert 1 == 2\n",
    "test_package.py": "import cv2x\n",
    "test_skip.py": "import pytest\npytest.skip('not here', allow_module_level=True)\n",
    "test_skipped.py": "import pytest\ndef test_model(): pytest.skip('no time')\n",
    "test_syntax.py": "def test_model(:\n",
    "test_xfail.py": "import pytest\n@pytest.mark.xfail\ndef test_model(): assert False\n",
}


def run(target: Path, *arguments: str) -> TraceRun:
    pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")
    work = target.parent / "work"
    work.mkdir()
    return trace(TraceTarget(str(target), arguments), BOARD, work)


@pytest.mark.ttnn
def test_each_kind_of_failure_has_its_own_reason(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    for name, text in TESTS.items():
        (folder / name).write_text(text)
    traced = run(folder, "--continue-on-collection-errors")
    judged = judge(traced, computes=False)
    failures = {
        Path(each.test.partition("::")[0]).name: (each.cause.verdict, each.cause.reason, each.cause.message)
        for each in judged.failures
    }
    assert {name: (verdict, reason) for name, (verdict, reason, _) in sorted(failures.items())} == {
        "test_download.py": (Verdict.HOST_FAULT, Reason.DOWNLOAD_FAILED),
        "test_import.py": (FAILED, Reason.IMPORT_ERROR),
        "test_own.py": (FAILED, Reason.EXCEPTION),
        "test_package.py": (Verdict.NOT_RUN, Reason.MISSING_PACKAGE),
        "test_syntax.py": (FAILED, Reason.SYNTAX_ERROR),
    }
    assert "test_syntax.py:1: SyntaxError" in failures["test_syntax.py"][2]
    assert sorted(traced.journal.skipped.values()) == ["no time", "not here"]
    assert [test.outcome for test in traced.journal.tests if "xfail" in test.source] == ["xfailed"]
    # what the tests themselves failed in comes first
    assert judged.verdict is FAILED
    assert "did not pass for another reason" in judged.message


@pytest.mark.ttnn
def test_a_conftest_that_cannot_be_imported_is_judged_like_a_test_s_file(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("import models.utility\n")
    (tmp_path / "test_m.py").write_text("def test_model(): pass\n")
    judged = judge(run(tmp_path / "test_m.py"), computes=False)
    assert (judged.verdict, judged.reason) == (Verdict.NOT_RUN, Reason.MISSING_PACKAGE)
    assert judged.message.startswith("conftest.py: its Python has no package models, which a tt-metal checkout has")


@pytest.mark.ttnn
def test_no_test_selects_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_m.py").write_text("def test_a(): pass\n")
    with pytest.raises(NothingSelected, match="pytest finds no test there"):
        run(tmp_path / "test_m.py", "-k", "another")


def ended(folder: Path, *outcomes: str, failures: tuple[Failure, ...] = (), status: int = 0) -> TraceRun:
    """A run whose tests ended so."""
    tests = [TracedTest(f"t.py::test_{number}", outcome) for number, outcome in enumerate(outcomes)]
    journal = Journal(tests=tests, exit_status=status, failures=list(failures))
    return TraceRun(journal, folder / "trace.jsonl", status, "")


def failure(name: str, text: str, number: int = 0) -> Failure:
    return Failure(f"t.py::test_{number}", "setup", (RaisedError((name, "OSError"), text),))


def test_a_model_whose_tests_are_all_marked_to_fail_ended_well(tmp_path: Path) -> None:
    assert judge(ended(tmp_path, "xfailed", "skipped"), computes=True).verdict is Verdict.XFAIL
    skipped = judge(ended(tmp_path, "skipped"), computes=True)
    assert (skipped.verdict, skipped.reason) == (Verdict.NOT_RUN, Reason.SKIPPED)


RATE_LIMIT = failure("HfHubHTTPError", "429 Client Error: Too Many Requests for url: https://huggingface.co/x")
OWN = failure("ValueError", "its own", 1)
GATED = failure("GatedRepoError", "403 Client Error")
GOOD: tuple[Failure, ...] = ()


@pytest.mark.parametrize(
    ("runs", "tries", "reason"),
    [
        ([(RATE_LIMIT,), GOOD], 2, Reason.NONE),
        ([(RATE_LIMIT,)] * 9, 3, Reason.DOWNLOAD_FAILED),
        ([(RATE_LIMIT, OWN), GOOD], 1, Reason.EXCEPTION),
        ([(GATED,), GOOD], 1, Reason.NO_ACCESS),
    ],
)
def test_failed_downloads_alone_are_tried_again(
    runs: list[tuple[Failure, ...]],
    tries: int,
    reason: Reason,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []
    waiting = list(runs)

    def traced(*_arguments: object) -> TraceRun:
        failures = waiting.pop(0)
        outcomes = ("failed", "passed") if failures else ("passed", "passed")
        return ended(tmp_path, *outcomes, failures=failures, status=int(bool(failures)))

    monkeypatch.setattr(download_retries, "trace", traced)
    monkeypatch.setattr("time.sleep", waits.append)
    last = trace_with_retries(TraceTarget("t.py"), BOARD, tmp_path)
    assert (last.tries, judge(last, computes=False).reason) == (tries, reason)
    assert waits == [5.0, 15.0][: tries - 1]
    assert last.passed[-1:] == ["t.py::test_1"], "the other test counts"
    assert with_tries("it failed", last) == ("it failed" if tries == 1 else f"it failed; tried {tries} times")
