from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from farm.core.attempt import Attempt, Conclusion
from farm.core.errors import StoreError
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.store import BoardEvent, BoardEventKind, Ended, RunBoard, RunInfo, Store
from tests.farm.store_helpers import MOCK, Planned, attempt
from tracer.device_config import DeviceConfig


class TestRuns:
    def test_a_run_reads_back_as_it_was_recorded(self, store: Store) -> None:
        config = DeviceConfig(mesh_shape=(1, 2), fabric="FABRIC_1D")
        info = RunInfo("farm sweep", suite="model_traced", started=1_700_000_000.5, details={"ci": {"job": 7}})
        run_id = store.start_run(info)
        store.board(run_id, RunBoard(MOCK))
        store.board(run_id, RunBoard(MOCK, host="h", ttnn_version="0.66.0", details={"firmware": None}))
        planned = Planned(
            "a",
            operation="ttnn.matmul",
            config_hash="1",
            device_config=config,
            device_config_inferred=True,
            payload={"arguments": {"x": [1, None]}},
            sources=("m1", "m2"),
            lost=("arg3",),
        )
        assert store.plan(run_id, [planned, Planned("b")]) == 2
        store.record(
            run_id, events=[BoardEvent(MOCK.id, BoardEventKind.FAULT, "died", at=1_700_000_001.0, details={"x": 1})]
        )
        outcome = Outcome("a", Verdict.PASS, Reason.NONE, "", 1_700_000_002.0, 0.5, ("program_config",), {"pcc": 0.99})
        store.record(run_id, [Attempt(1, MOCK.id, outcome)])
        store.conclude(run_id, [Conclusion("a", Verdict.PASS)])
        store.finish_run(run_id, Ended.STOPPED, finished=1_700_000_003.0, message="SIGINT")

        view = store.view(run_id)
        assert (view.run.command, view.run.suite, view.run.details) == (
            "farm sweep",
            "model_traced",
            {"ci": {"job": 7}},
        )
        assert view.run.started.timestamp() == 1_700_000_000.5
        assert (view.run.ended, view.run.message, view.run.ttnn_version) == (Ended.STOPPED, "SIGINT", "0.66.0")
        (board,) = view.run.boards
        assert (board.id, board.kind, board.chips, board.host) == (MOCK.id, "n300", 2, "h")
        assert [(event.kind, event.message) for event in board.events] == [(BoardEventKind.FAULT, "died")]
        first, second = view.vectors
        assert (first.vector_id, first.operation, first.config_hash) == ("a", "ttnn.matmul", "1")
        assert DeviceConfig.from_json(first.device_config) == config
        assert first.device_config_inferred
        assert (first.sources, first.inexact, first.metrics) == (["m1", "m2"], ["program_config"], {"pcc": 0.99})
        assert (first.board, first.attempts, first.seconds) == (MOCK.id, 1, 0.5)
        assert (second.verdict, second.reason, second.concluded) == (Verdict.NOT_RUN, Reason.STOPPED, False)
        assert store.payload(run_id, "a") == {"arguments": {"x": [1, None]}}

    def test_runs_are_newest_first_and_found_by_a_prefix(self, store: Store) -> None:
        for run_id, started in (("2025-a", 1.0), ("2025-b", 2.0), ("2026-c", 3.0)):
            store.start_run(RunInfo("farm sweep", id=run_id, started=started))
        store.plan("2025-b", [Planned("x"), Planned("y")])
        assert [(head.id, head.planned) for head in store.runs()] == [("2026-c", 0), ("2025-b", 2), ("2025-a", 0)]
        assert store.find("last") == "2026-c"
        assert [store.find(text) for text in ("last~0", "last~1", "last~2")] == ["2026-c", "2025-b", "2025-a"]
        with pytest.raises(StoreError, match="matches no run"):
            store.find("last~3")
        assert store.find("2026") == "2026-c"
        assert store.find("2025-a") == "2025-a"
        with pytest.raises(StoreError, match="matches 2 runs"):
            store.find("2025")
        with pytest.raises(StoreError, match="matches no run"):
            store.find("1999")

    @pytest.mark.parametrize(("finished", "paused"), [(60.0, 40.0), (None, 70.0)])
    def test_a_resumed_run_knows_how_long_it_paused(self, store: Store, finished: float | None, paused: float) -> None:
        run_id = store.start_run(RunInfo("farm sweep", started=0.0, details={"group": "nightly"}))
        store.plan(run_id, [Planned("a")])
        store.board(run_id, RunBoard(MOCK))
        store.record(run_id, [Attempt(1, MOCK.id, Outcome("a", Verdict.PASS, started=25.0, seconds=5.0))])
        if finished is not None:
            store.finish_run(run_id, Ended.STOPPED, finished=finished)
        store.resume_run(run_id, 100.0)
        store.finish_run(run_id, Ended.COMPLETED, finished=130.0)
        assert store.view(run_id).run.recorded.paused_seconds == paused
        assert store.view(run_id).run.recorded.group == "nightly"
        store.resume_run(run_id, 135.0)
        assert store.view(run_id).run.recorded.paused_seconds == paused + 5.0

    def test_unknown_runs_and_vectors_are_errors(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        with pytest.raises(StoreError, match="no run 'nope'"):
            store.view("nope")
        with pytest.raises(StoreError, match="no vector 'nope'"):
            store.payload(run_id, "nope")

    def test_a_vector_is_named_by_the_beginning_of_its_id(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned("ab"), Planned("abc"), Planned("b1")])
        view = store.view(run_id)
        assert [view.vector(text).vector_id for text in ("ab", "abc", "b")] == ["ab", "abc", "b1"]
        for text, message in (("a", "2 vectors whose ids begin with 'a'"), ("z", "no vector 'z'")):
            with pytest.raises(StoreError, match=message):
                view.vector(text)

    def test_run_ids_differ_and_sort_by_time(self) -> None:
        ids = [RunInfo("x").id for _ in range(100)]
        assert len(set(ids)) == 100
        assert [each[:15] for each in ids] == sorted(each[:15] for each in ids)


class TestPlan:
    def test_the_plan_keeps_its_order_over_chunks_and_calls(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("farm.store.store.PLAN_CHUNK", 3)
        run_id = store.start_run(RunInfo("farm sweep"))
        names = [f"v{at}" for at in (5, 3, 9, 1, 7, 0, 2)]
        assert store.plan(run_id, (Planned(name) for name in names[:5])) == 5
        assert store.plan(run_id, (Planned(name) for name in names[5:])) == 2
        assert [vector.vector_id for vector in store.view(run_id).vectors] == names

    def test_a_repeated_id_is_an_error(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        with pytest.raises(StoreError, match="UNIQUE"):
            store.plan(run_id, [Planned("a"), Planned("a")])

    def test_runs_share_payloads(self, store: Store, tmp_path: Path) -> None:
        for _ in range(3):
            run_id = store.start_run(RunInfo("farm sweep"))
            store.plan(run_id, [Planned("a", payload={"x": 1}), Planned("b", payload={"x": 2})])
        with sqlite3.connect(tmp_path / "farm.db") as connection:
            assert connection.execute("select count(*) from configurations").fetchone() == (2,)
        connection.close()
        assert store.payload(run_id, "b") == {"x": 2}


class TestRecord:
    def test_an_attempt_recorded_again_stays_as_it_was(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned("a")])
        store.record(run_id, [attempt("a", Verdict.FAIL_CRASH_HANG, message="first")])
        store.record(run_id, [attempt("a", Verdict.PASS, message="late twin"), attempt("a", Verdict.PASS, number=2)])
        (vector,) = store.view(run_id).vectors
        assert [(each.number, each.verdict, each.message) for each in vector.history] == [
            (1, Verdict.FAIL_CRASH_HANG, "first"),
            (2, Verdict.PASS, ""),
        ]

    def test_a_refused_attempt_loses_no_other(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned("a"), Planned("b")])
        with pytest.raises(StoreError, match=r"vector stranger\)") as raised:
            store.record(run_id, [attempt("a"), attempt("stranger"), attempt("b")])
        assert "\n" not in str(raised.value)
        assert [vector.attempts for vector in store.view(run_id).vectors] == [1, 1]

    def test_the_last_conclusion_counts(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned("a")])
        store.conclude(run_id, [Conclusion("a", Verdict.NOT_RUN, Reason.STOPPED)])
        store.conclude(run_id, [Conclusion("a", Verdict.FLAKY)])
        (vector,) = store.view(run_id).vectors
        assert (vector.verdict, vector.reason, vector.concluded) == (Verdict.FLAKY, Reason.NONE, True)

    def test_without_a_conclusion_the_last_attempt_counts(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned("a")])
        store.record(run_id, [attempt("a", Verdict.FAIL_CRASH_HANG), attempt("a", Verdict.PASS, number=2)])
        (vector,) = store.view(run_id).vectors
        assert (vector.verdict, vector.concluded, vector.seconds) == (Verdict.PASS, False, 0.5)

    @pytest.mark.parametrize(
        ("tried", "expected"),
        [
            (None, ["arg3"]),
            (Outcome("a", Verdict.VALIDATED, inexact=("program_config",)), ["program_config"]),
            (Outcome("a", Verdict.VALIDATED), []),
            (Outcome("a", Verdict.FAIL_CRASH_HANG), ["arg3"]),
        ],
    )
    def test_inexact_arguments_come_from_the_attempt_or_from_the_plan(
        self, store: Store, tried: Outcome | None, expected: list[str]
    ) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned("a", lost=("arg3",))])
        store.record(run_id, [] if tried is None else [Attempt(1, MOCK.id, tried)])
        assert store.view(run_id).vectors[0].inexact == expected
