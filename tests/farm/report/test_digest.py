"""The digest of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from farm.core.attempt import Conclusion
from farm.core.errors import ExitCode
from farm.core.verdicts import Reason, Verdict
from farm.report import write_report
from farm.report.digest import digest_run
from farm.store import BoardEvent, BoardEventKind, Ended, RunBoard, RunInfo, RunView, Store
from farm.store.records import state_event
from scheduler import BoardState, Cause, Transition
from tests.farm.report.examples import MIXED
from tests.farm.store_helpers import MOCK, Planned, recorded_run


def test_sentences_of_a_mixed_run(mixed: RunView) -> None:
    digest = digest_run(mixed)
    assert digest.headline == "2 of 7 vectors ended well; 3 failed, 1 hit a fault and 1 did not run."
    assert digest.setting == f"Run {mixed.run.id} took 10 s on mock:n300 (farm {mixed.run.farm_version}, ttnn 0.66.0)."
    assert digest.identity == (
        "planned 7 = 1 validated + 1 xfail + 2 fail_assert_exception + 1 fail_crash_hang + 1 not_run + 1 board_fault"
    )
    assert digest.executed == "2 of 5 executed vectors are good (40.0 %)."
    assert digest.code is ExitCode.TEST_FAILED


def test_sentences_of_a_good_run(good: RunView) -> None:
    assert digest_run(good).headline == "All 3 vectors ended well: validated."
    assert digest_run(good).executed == "3 of 3 executed vectors are good (100.0 %)."


@pytest.mark.parametrize(
    ("ended", "begins"),
    [
        (Ended.STOPPED, "The run was stopped. The only vector did not run."),
        (Ended.FAILED, "The run failed. The only vector did not run."),
        (None, "Not finished: it is still running, or its driver was killed. The only vector did not run."),
    ],
)
def test_an_early_end_comes_first(store: Store, ended: Ended | None, begins: str) -> None:
    run_id = recorded_run(store, [(Verdict.NOT_RUN, Reason.STOPPED, "")], ended=ended)
    assert digest_run(store.view(run_id)).headline.startswith(begins)


def test_the_cause_of_a_stop_is_part_of_the_sentence(store: Store) -> None:
    run_id = store.start_run(RunInfo("farm sweep"))
    store.plan(run_id, [Planned("v", "ttnn.add")])
    store.finish_run(run_id, Ended.STOPPED, finished=1.0, message="stopped by a second Ctrl-C")
    assert digest_run(store.view(run_id)).headline.startswith("The run was stopped by a second Ctrl-C. ")


def test_nothing_planned(store: Store) -> None:
    digest = digest_run(store.view(recorded_run(store, [])))
    assert (digest.headline, digest.identity) == ("Nothing was planned.", "planned 0 = 0")
    assert (digest.executed, digest.code) == ("No vector was executed.", ExitCode.NOTHING_SELECTED)


def test_failures_with_one_signature_are_one_group(mixed: RunView) -> None:
    first, *others = digest_run(mixed).failures
    assert (first.count, first.signature, first.operations) == (2, "TT_FATAL: # < #", (("ttnn.add", 2),))
    assert first.message == first.signature, "their messages differ in numbers"
    assert "x1b[2J" in others[0].message, "a message of its own keeps its numbers"
    assert first.example.message == "TT_FATAL: 3 < 4"
    assert [group.verdict for group in others] == [Verdict.FAIL_CRASH_HANG, Verdict.BOARD_FAULT]
    (group,) = digest_run(mixed).not_run
    assert group.reason is Reason.LOST_ARGUMENT


def test_vectors_that_did_not_run_are_grouped_by_what_they_need(store: Store) -> None:
    needs = ["n150 opens no 1 x 8 mesh of chips", "n150 has 8 x 8 compute cores on a chip, not 11 x 9"]
    needs.append(needs[1].replace("11 x 9", "11 x 3"))
    run_id = recorded_run(store, [(Verdict.NOT_RUN, Reason.UNSATISFIABLE, need) for need in [*needs, needs[1]]])
    groups = digest_run(store.view(run_id)).not_run
    assert [(group.count, group.message) for group in groups] == [(2, needs[1]), (1, needs[0]), (1, needs[2])]


def test_inexact_by_operation_and_argument(store: Store) -> None:
    run_id = store.start_run(RunInfo("farm sweep"))
    lost = [("ttnn.matmul", ("program_config",)), ("ttnn.conv2d", ("a", "b")), ("ttnn.matmul", ("program_config",))]
    store.plan(
        run_id,
        [
            Planned(f"v{at}", name, lost=arguments, device_config_inferred=at > 0)
            for at, (name, arguments) in enumerate(lost)
        ],
    )
    digest = digest_run(store.view(run_id))
    assert [(each.operation, each.argument, each.count) for each in digest.inexact] == [
        ("ttnn.conv2d", "a", 1),
        ("ttnn.conv2d", "b", 1),
        ("ttnn.matmul", "program_config", 2),
    ]
    assert digest.inferred == 2


def test_attempts_and_events_of_boards(store: Store) -> None:
    run_id = recorded_run(store, MIXED)
    states = (BoardState.HEALTHY, BoardState.LOST, BoardState.STARTING)
    transitions = [Transition(MOCK.id, BoardState.BUSY, after, Cause.CONNECTION_LOST) for after in states]
    faults = [BoardEvent(MOCK.id, BoardEventKind.FAULT)] * 2
    store.record(run_id, events=[*faults, *map(state_event, transitions)])
    (share,) = digest_run(store.view(run_id)).boards
    assert (share.attempts, share.bad, share.busy) == (6, 4, 3.0)
    assert share.events == (("lost", 1), ("fault", 2))


def test_boards_with_different_versions_are_named(store: Store, tmp_path: Path) -> None:
    run_id = recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")])
    assert digest_run(store.view(run_id)).differences == ""
    for at in range(1, 6):
        board = replace(MOCK, id=f"mock:n300:{at}")
        store.board(run_id, RunBoard(board, host="there", ttnn_version="0.81.1", details={"driver": "2.4.1"}))
    view = store.view(run_id)
    sentence = (
        "The boards differ: ttnn 0.66.0 (mock:n300:0) and 0.81.1 (mock:n300:1, mock:n300:2, mock:n300:3 and 2 more)."
    )
    assert digest_run(view).differences == sentence
    write_report(view, tmp_path)
    for name in ("report.html", "summary.md"):
        assert "The boards differ" in (tmp_path / name).read_text(encoding="utf-8")


def test_a_pass_rate_is_rounded_down(store: Store) -> None:
    endings = [(Verdict.PASS, Reason.NONE, "")] * 2999 + [(Verdict.FAIL_WATCHER, Reason.NONE, "")]
    run_id = store.start_run(RunInfo("farm sweep"))
    store.plan(run_id, [Planned(str(at)) for at in range(len(endings))])
    store.conclude(run_id, [Conclusion(str(at), ending[0]) for at, ending in enumerate(endings)])
    assert digest_run(store.view(run_id)).executed == "2999 of 3000 executed vectors are good (99.9 %)."
