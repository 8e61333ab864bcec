from __future__ import annotations

import io
import json
import math
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from farm.core.attempt import Attempt, Conclusion
from farm.core.errors import ExitCode, FarmError
from farm.core.outcome import Outcome
from farm.core.verdicts import FAILED, FAULTS, GOOD, Reason, Verdict
from farm.report import FORMATS, exit_code, make_directory, print_summary, write_report
from farm.report.context import RunContext
from farm.report.digest import NO_NUMBERS, digest_run
from farm.report.forms.json_view import report_json
from farm.report.forms.junit import junit
from farm.report.forms.summary import MOST_ROWS, summary_md
from farm.store import BoardEvent, BoardEventKind, Ended, RunBoard, RunInfo, RunView, Store
from farm.store.records import state_event
from scheduler import BoardState, Cause, Transition
from tests.farm.store_helpers import MOCK, Planned, recorded_run

HOSTILE = "\x1b[2J[red]x[/red] ]]> <b>&amp; | `tick` ```\n# head\x00\ud800\ufffe\x07 </details> \u202e"
MIXED = [
    (Verdict.VALIDATED, Reason.NONE, ""),
    (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, "TT_FATAL: 3 < 4"),
    (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, "TT_FATAL: 5 < 6"),
    (Verdict.FAIL_CRASH_HANG, Reason.CRASH, HOSTILE),
    (Verdict.BOARD_FAULT, Reason.OPEN_FAILED, "no such device"),
    (Verdict.NOT_RUN, Reason.LOST_ARGUMENT, "it can't run without its lost 'conv_config'"),
    (Verdict.XFAIL, Reason.EXCEPTION, "as expected"),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "farm.db") as opened:
        yield opened


@pytest.fixture
def mixed(store: Store) -> RunView:
    return store.view(recorded_run(store, MIXED))


@pytest.fixture
def good(store: Store) -> RunView:
    return store.view(recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")] * 3))


def printed(view: RunView, written: list[Path] | None = None) -> str:
    stream = io.StringIO()
    print_summary(Console(file=stream, width=100), view, written or [])
    return stream.getvalue()


class TestExitCode:
    @pytest.mark.parametrize(
        ("counts", "code"),
        [
            ({"planned": 0}, ExitCode.NOTHING_SELECTED),
            ({"planned": 2, "pass": 1, "validated": 1}, ExitCode.GOOD),
            ({"planned": 2, "flaky": 1, "xfail": 1}, ExitCode.GOOD),
            ({"planned": 2, "pass": 1, "not_run": 1}, ExitCode.NOT_RUN),
            ({"planned": 1, "farm_fault": 1}, ExitCode.NOT_RUN),
            ({"planned": 2, "not_run": 1, "xpass": 1}, ExitCode.TEST_FAILED),
        ],
    )
    def test_examples(self, counts: dict[str, int], code: ExitCode) -> None:
        assert exit_code(counts) is code

    def test_what_a_module_calls_invalid_was_never_to_be_run(self) -> None:
        assert exit_code({"planned": 2, "pass": 1, "not_run": 1}, invalid=1) is ExitCode.GOOD
        assert exit_code({"planned": 3, "pass": 1, "not_run": 2}, invalid=1) is ExitCode.NOT_RUN
        assert exit_code({"planned": 1, "not_run": 1}, invalid=1) is ExitCode.NOTHING_SELECTED

    @given(st.dictionaries(st.sampled_from(Verdict), st.integers(0, 3)))
    def test_it_is_good_only_if_all_are(self, found: dict[Verdict, int]) -> None:
        occurred = {verdict for verdict, count in found.items() if count}
        code = exit_code({verdict.value: count for verdict, count in found.items()})
        assert (code is ExitCode.GOOD) == (bool(occurred) and occurred <= GOOD)
        assert (code is ExitCode.TEST_FAILED) == bool(occurred & FAILED)
        assert (code is ExitCode.NOT_RUN) == (not occurred & FAILED and bool(occurred & (FAULTS | {Verdict.NOT_RUN})))


class TestDigest:
    def test_the_words(self, mixed: RunView) -> None:
        told = digest_run(mixed)
        assert told.headline == "Of 7 vectors 2 ended well, 3 failed, 1 hit a fault and 1 did not run."
        assert (
            told.setting == f"Run {mixed.run.id} took 10 s on mock:n300 (farm {mixed.run.farm_version}, ttnn 0.66.0)."
        )
        assert told.identity == (
            "planned 7 = 1 validated + 1 xfail + 2 fail_assert_exception + 1 fail_crash_hang"
            " + 1 not_run + 1 board_fault"
        )
        assert told.executed == "Of 5 executed, 2 good (40.0 %)."
        assert told.code is ExitCode.TEST_FAILED

    def test_all_good(self, good: RunView) -> None:
        assert digest_run(good).headline == "All 3 vectors ended well: validated."
        assert digest_run(good).executed == "Of 3 executed, 3 good (100.0 %)."

    @pytest.mark.parametrize(
        ("ended", "begins"),
        [
            (Ended.STOPPED, "The run was stopped. Of 1 vector 1 did not run."),
            (Ended.FAILED, "The run failed. Of 1 vector 1 did not run."),
            (None, "Not finished: it is still running, or its driver was killed. Of 1 vector 1 did not run."),
        ],
    )
    def test_an_early_end_is_said_first(self, store: Store, ended: Ended | None, begins: str) -> None:
        run_id = recorded_run(store, [(Verdict.NOT_RUN, Reason.STOPPED, "")], ended=ended)
        assert digest_run(store.view(run_id)).headline.startswith(begins)

    def test_nothing_planned(self, store: Store) -> None:
        told = digest_run(store.view(recorded_run(store, [])))
        assert (told.headline, told.identity) == ("Nothing was planned.", "planned 0 = 0")
        assert (told.executed, told.code) == ("No vector was executed.", ExitCode.NOTHING_SELECTED)

    def test_failures_of_one_cause_are_one_group(self, mixed: RunView) -> None:
        first, *others = digest_run(mixed).failures
        assert (first.count, first.signature, first.operations) == (2, "TT_FATAL: # < #", (("ttnn.add", 2),))
        assert first.message == first.signature, "their messages differ in numbers"
        assert "x1b[2J" in others[0].message, "a message of its own keeps its numbers"
        assert first.example.message == "TT_FATAL: 3 < 4"
        assert [group.verdict for group in others] == [Verdict.FAIL_CRASH_HANG, Verdict.BOARD_FAULT]
        (unrun,) = digest_run(mixed).not_run
        assert unrun.reason is Reason.LOST_ARGUMENT

    def test_inexact_by_operation_and_argument(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        lost = [("ttnn.matmul", ("program_config",)), ("ttnn.conv2d", ("a", "b")), ("ttnn.matmul", ("program_config",))]
        store.plan(
            run_id,
            [
                Planned(f"v{at}", name, lost=arguments, device_config_inferred=at > 0)
                for at, (name, arguments) in enumerate(lost)
            ],
        )
        told = digest_run(store.view(run_id))
        assert [(each.operation, each.argument, each.count) for each in told.inexact] == [
            ("ttnn.conv2d", "a", 1),
            ("ttnn.conv2d", "b", 1),
            ("ttnn.matmul", "program_config", 2),
        ]
        assert told.inferred == 2

    def test_boards(self, store: Store) -> None:
        run_id = recorded_run(store, MIXED)
        states = (BoardState.HEALTHY, BoardState.LOST, BoardState.STARTING)
        moves = [Transition(MOCK.id, BoardState.BUSY, after, Cause.CONNECTION_LOST) for after in states]
        faults = [BoardEvent(MOCK.id, BoardEventKind.FAULT)] * 2
        store.record(run_id, events=[*faults, *map(state_event, moves)])
        (share,) = digest_run(store.view(run_id)).boards
        assert (share.attempts, share.bad, share.busy) == (6, 4, 3.0)
        assert share.events == (("lost", 1), ("fault", 2))

    def test_boards_that_are_driven_by_different_versions(self, store: Store, tmp_path: Path) -> None:
        run_id = recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")])
        assert digest_run(store.view(run_id)).differences == ""
        for at in range(1, 6):
            board = replace(MOCK, id=f"mock:n300:{at}")
            store.board(run_id, RunBoard(board, host="there", ttnn_version="0.81.1", details={"driver": "2.4.1"}))
        view = store.view(run_id)
        told = (
            "The boards differ: ttnn 0.66.0 (mock:n300:0) and "
            "0.81.1 (mock:n300:1, mock:n300:2, mock:n300:3 and 2 more)."
        )
        assert digest_run(view).differences == told
        write_report(view, tmp_path)
        for name in ("report.html", "summary.md"):
            assert "The boards differ" in (tmp_path / name).read_text(encoding="utf-8")

    def test_a_share_of_almost_all_is_not_all(self, store: Store) -> None:
        endings = [(Verdict.PASS, Reason.NONE, "")] * 2999 + [(Verdict.FAIL_WATCHER, Reason.NONE, "")]
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned(str(at)) for at in range(len(endings))])
        store.conclude(run_id, [Conclusion(str(at), ending[0]) for at, ending in enumerate(endings)])
        assert digest_run(store.view(run_id)).executed == "Of 3000 executed, 2999 good (99.9 %)."


class TestJson:
    def test_it_has_what_readers_were_promised(self, mixed: RunView) -> None:
        report = json.loads(report_json(mixed))
        assert list(report) == ["version", "run", "counts", "vectors"]
        run = report["run"]
        assert (run["id"], run["command"]) == (mixed.run.id, "farm sweep --suite model_traced")
        assert (run["started"], run["finished"]) == ("2023-11-14T22:13:20Z", "2023-11-14T22:13:30Z")
        assert (run["farm_version"], run["ttnn_version"]) == (mixed.run.farm_version, "0.66.0")
        assert [board["id"] for board in run["boards"]] == [MOCK.id]
        counts = dict(report["counts"])
        assert counts.pop("planned") == sum(counts.values()) == len(report["vectors"]) == 7
        assert set(counts) == {verdict.value for verdict in Verdict}
        for vector in report["vectors"]:
            assert {
                "vector_id", "operation", "config_hash", "verdict", "reason", "inexact", "message", "board", "attempts",
                "seconds", "sources", "device_config", "device_config_inferred", "metrics", "history",
            } <= set(vector)  # fmt: skip
        unrun = report["vectors"][5]
        assert (unrun["verdict"], unrun["reason"], unrun["attempts"]) == ("not_run", "lost_argument", 0)
        assert unrun["board"] is None

    def test_what_json_has_no_form_for(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned("a")])
        outcome = Outcome("a", Verdict.FAIL_ASSERT_EXCEPTION, message=HOSTILE, metrics={"pcc": math.nan})
        store.record(run_id, [Attempt(1, "b", outcome)])
        text = report_json(store.view(run_id))
        (vector,) = json.loads(text.encode("utf-8"), parse_constant=pytest.fail)["vectors"]
        assert vector["metrics"] == {"pcc": "NaN"}
        assert vector["message"] == HOSTILE.replace("\ud800", "\\ud800")


class TestJunit:
    def test_failures_faults_and_what_was_not_run(self, mixed: RunView) -> None:
        root = ET.fromstring(junit(mixed))  # noqa: S314 - our own
        (suite,) = root
        for element in (root, suite):
            assert [element.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["7", "3", "1", "1"]
        assert (suite.get("name"), suite.get("timestamp")) == ("ttnn.add", "2023-11-14T22:13:20")
        tags = [[child.tag for child in case if child.tag != "properties"] for case in suite.iter("testcase")]
        assert tags == [[], ["failure"], ["failure"], ["failure"], ["error"], ["skipped"], []]
        failure = suite.find("testcase/failure")
        assert failure is not None
        assert (failure.get("type"), failure.get("message")) == ("fail_assert_exception: exception", "TT_FATAL: 3 < 4")
        assert suite.find(f"properties/property[@name='validated'][@value=\"{NO_NUMBERS}\"]") is not None

    def test_one_suite_per_operation(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned("a", "ttnn.mul"), Planned("b", "ttnn.add"), Planned("c", "ttnn.mul")])
        root = ET.fromstring(junit(store.view(run_id)))  # noqa: S314 - our own
        suites = [(suite.get("name"), [case.get("name") for case in suite.iter("testcase")]) for suite in root]
        assert suites == [("ttnn.add", ["b"]), ("ttnn.mul", ["a", "c"])]

    def test_it_agrees_with_the_exit_code(self, store: Store) -> None:
        for verdict in Verdict:
            view = store.view(recorded_run(store, [(verdict, Reason.NONE, "")]))
            root = ET.fromstring(junit(view))  # noqa: S314 - our own
            bad = {"failures": ExitCode.TEST_FAILED, "errors": ExitCode.NOT_RUN, "skipped": ExitCode.NOT_RUN}
            said = next((code for name, code in bad.items() if root.get(name) == "1"), ExitCode.GOOD)
            assert exit_code(view.counts) is said


class TestMarkdown:
    def test_it_says_what_matters(self, mixed: RunView) -> None:
        text = summary_md(mixed, RunContext())
        assert text.startswith("## Of 7 vectors 2 ended well, 3 failed, 1 hit a fault and 1 did not run.\n")
        assert "| 2 | fail_assert_exception | `ttnn.add` (2) | `TT_FATAL: # < #` |" in text
        assert "| 1 | lost_argument | `ttnn.add` (1) | `it can't run without its lost 'conv_config'` |" in text
        assert "`planned 7 = 1 validated + " in text
        assert "No number was computed" in text

    def test_it_stays_short_however_much_failed(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep " + "x" * 100_000))
        letters = [chr(ord("a") + at % 26) * (at // 26 + 1) for at in range(300)]
        store.plan(run_id, [Planned(name, f"ttnn.{name}" * 500, lost=(name * 999,)) for name in letters])
        store.record(
            run_id,
            [
                Attempt(1, "b", Outcome(name, Verdict.FAIL_WATCHER, message=f"{name} " + "`" * 50_000))
                for name in letters
            ],
        )
        for at in range(60):
            store.board(run_id, RunBoard(type(MOCK)(f"mock:{at}" * 999, "mock", MOCK.kind)))
        text = summary_md(store.view(run_id), RunContext())
        assert len(text.encode()) < 1024 * 1024
        assert f"{300 - MOST_ROWS} more rows are in report.json" in text


class TestTerminal:
    def test_it_says_what_matters(self, mixed: RunView, tmp_path: Path) -> None:
        lines = printed(mixed, [tmp_path / "report.json"]).splitlines()
        assert lines[0] == "Of 7 vectors 2 ended well, 3 failed, 1 hit a fault and 1 did not run."
        assert NO_NUMBERS in lines
        assert digest_run(mixed).identity in lines
        assert lines[-1] == f"Report: {tmp_path / 'report.json'}"
        text = "\n".join(lines)
        assert "TT_FATAL: # < #" in text
        assert "not_run (lost_argument)" in text

    def test_a_hostile_message_is_only_text(self, mixed: RunView) -> None:
        text = printed(mixed)
        assert "[red]x[/red]" in text
        assert not set(text) & set("\x1b\x00\x07\u202e\ud800")

    def test_good_runs_are_told_shortly(self, good: RunView) -> None:
        text = printed(good)
        assert "Failures" not in text
        assert "Not run" not in text
        assert len(text.splitlines()) < 15
        assert text.endswith(f"Write its report files with: farm report {good.run.id} --out DIR\n")

    def test_no_mock_no_caveat(self, store: Store) -> None:
        view = store.view(recorded_run(store, [(Verdict.PASS, Reason.NONE, "")]))
        assert NO_NUMBERS not in printed(view)


class TestFiles:
    def test_all_of_them_or_those_asked_for(self, mixed: RunView, tmp_path: Path) -> None:
        out = tmp_path / "deep" / "out"
        names = ["report.html", "report.json", "junit.xml", "summary.md"]
        assert [path.name for path in write_report(mixed, out)] == names
        assert sorted(path.name for path in out.iterdir()) == sorted(names)
        (only,) = write_report(mixed, tmp_path / "one", ["junit"])
        assert [path.name for path in (tmp_path / "one").iterdir()] == [only.name] == ["junit.xml"]
        assert stat.S_IMODE(only.stat().st_mode) == stat.S_IMODE((tmp_path / "farm.db").stat().st_mode)

    def test_a_report_that_fails_leaves_the_old_one(
        self, mixed: RunView, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (path,) = write_report(mixed, tmp_path, ["md"])
        before = path.read_text()

        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("farm.report.files.write_atomically", full)
        with pytest.raises(FarmError, match="No space left"):
            write_report(mixed, tmp_path, ["md"])
        assert path.read_text() == before
        assert {each.name for each in tmp_path.glob("*.tmp")} == set()

    def test_unknown_formats_and_impossible_places(self, mixed: RunView, tmp_path: Path) -> None:
        with pytest.raises(FarmError, match=f"choose from {', '.join(FORMATS)}"):
            write_report(mixed, tmp_path / "out", ["json", "pdf"])
        assert not (tmp_path / "out").exists()
        (tmp_path / "file").write_text("in the way")
        for place in (tmp_path / "file", tmp_path / "file" / "out"):
            with pytest.raises(FarmError, match="--out"):
                make_directory(place)
