from __future__ import annotations

import itertools
import math
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farm.core.attempt import Attempt, Conclusion
from farm.core.errors import ExitCode, StoreError
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.store import BoardEvent, BoardEventKind, Ended, RunBoard, RunInfo, Store, default_place
from farm.store.columns import LONGEST
from tests.farm.store_helpers import MOCK, Planned, recorded_run
from tracer.device_config import DeviceConfig


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "farm.db") as opened:
        yield opened


def attempt(vector_id: str, verdict: Verdict = Verdict.VALIDATED, number: int = 1, message: str = "") -> Attempt:
    return Attempt(number, MOCK.id, Outcome(vector_id, verdict, message=message, seconds=0.25))


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
        store.events(run_id, [BoardEvent(MOCK.id, BoardEventKind.FAULT, "died", at=1_700_000_001.0, details={"x": 1})])
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

    def test_newest_first_and_found_by_a_beginning(self, store: Store) -> None:
        for run_id, started in (("2025-a", 1.0), ("2025-b", 2.0), ("2026-c", 3.0)):
            store.start_run(RunInfo("farm sweep", id=run_id, started=started))
        store.plan("2025-b", [Planned("x"), Planned("y")])
        assert [(head.id, head.planned) for head in store.runs()] == [("2026-c", 0), ("2025-b", 2), ("2025-a", 0)]
        assert store.find("last") == "2026-c"
        assert store.find("2026") == "2026-c"
        assert store.find("2025-a") == "2025-a"
        with pytest.raises(StoreError, match="matches 2 runs"):
            store.find("2025")
        with pytest.raises(StoreError, match="matches no run"):
            store.find("1999")

    def test_no_such_run_or_vector(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        with pytest.raises(StoreError, match="no run 'nope'"):
            store.view("nope")
        with pytest.raises(StoreError, match="no vector 'nope'"):
            store.payload(run_id, "nope")

    def test_run_ids_differ_and_sort_by_time(self) -> None:
        ids = [RunInfo("x").id for _ in range(100)]
        assert len(set(ids)) == 100
        assert [each[:15] for each in ids] == sorted(each[:15] for each in ids)


class TestPlan:
    def test_the_order_of_the_plan_stays_over_chunks_and_calls(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("farm.store.store.PLAN_CHUNK", 3)
        run_id = store.start_run(RunInfo("farm sweep"))
        names = [f"v{at}" for at in (5, 3, 9, 1, 7, 0, 2)]
        assert store.plan(run_id, (Planned(name) for name in names[:5])) == 5
        assert store.plan(run_id, (Planned(name) for name in names[5:])) == 2
        assert [vector.vector_id for vector in store.view(run_id).vectors] == names

    def test_an_id_planned_twice_is_an_error_not_a_vector_less(self, store: Store) -> None:
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
    def test_recording_again_changes_nothing(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned("a")])
        store.record(run_id, [attempt("a", Verdict.FAIL_CRASH_HANG, message="first")])
        store.record(run_id, [attempt("a", Verdict.PASS, message="late twin"), attempt("a", Verdict.PASS, number=2)])
        (vector,) = store.view(run_id).vectors
        assert [(each.number, each.verdict, each.message) for each in vector.history] == [
            (1, Verdict.FAIL_CRASH_HANG, "first"),
            (2, Verdict.PASS, ""),
        ]

    def test_a_bad_attempt_costs_only_itself(self, store: Store) -> None:
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

    def test_without_a_conclusion_the_last_attempt_tells(self, store: Store) -> None:
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
    def test_inexact_is_what_the_attempt_says_or_else_the_plan(
        self, store: Store, tried: Outcome | None, expected: list[str]
    ) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned("a", lost=("arg3",))])
        store.record(run_id, [] if tried is None else [Attempt(1, MOCK.id, tried)])
        assert store.view(run_id).vectors[0].inexact == expected


class TestHostileResults:
    @settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(message=st.text(st.characters(codec=None)), key=st.text(st.characters(codec=None)))
    def test_any_text_reads_back_equal(self, store: Store, message: str, key: str) -> None:
        run_id = store.start_run(RunInfo(command=message))
        store.plan(run_id, [Planned("a", operation=message, payload={key: message}, sources=(key,))])
        store.record(
            run_id, [Attempt(1, message, Outcome("a", Verdict.PASS, message=message, details={key: [message]}))]
        )
        view = store.view(run_id)
        (vector,) = view.vectors
        assert (view.run.command, vector.operation, vector.message, vector.board) == (message,) * 4
        assert vector.sources == [key]
        assert vector.history[0].details == {key: [message]}
        assert store.payload(run_id, "a") == {key: message}

    def test_numbers_that_are_none(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned("a")])
        metrics = {"pcc": math.nan, "max_abs_error": math.inf, "low": -math.inf}
        store.record(
            run_id, [Attempt(1, "b", Outcome("a", Verdict.PASS, started=math.inf, seconds=math.nan, metrics=metrics))]
        )
        (vector,) = store.view(run_id).vectors
        assert math.isnan(vector.metrics["pcc"])
        assert (vector.metrics["max_abs_error"], vector.metrics["low"]) == (math.inf, -math.inf)
        assert vector.seconds == 0.0

    def test_details_that_are_no_json(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned("a"), Planned("b")])
        endless: list[object] = []
        endless.append(endless)
        store.record(
            run_id,
            [
                Attempt(1, "x", Outcome("a", Verdict.PASS, details={"object": {1, 2}, 3: (4,)})),  # type: ignore[dict-item]
                Attempt(1, "x", Outcome("b", Verdict.PASS, details={"endless": endless})),
            ],
        )
        first, second = store.view(run_id).vectors
        assert first.history[0].details == {"object": "{1, 2}", "3": [4]}
        assert second.verdict is Verdict.PASS
        assert "unstorable" in second.history[0].details

    def test_a_board_that_prints_without_end_keeps_both_ends(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned("a")])
        store.record(run_id, [attempt("a", message="begin" + "x" * (3 * LONGEST) + "end")])
        message = store.view(run_id).vectors[0].message
        assert len(message) < LONGEST + 100
        assert message.startswith("begin")
        assert message.endswith("end")
        assert f"{2 * LONGEST + 8} characters left out" in message


class TestOpening:
    def test_the_default_place_follows_the_environment(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("FARM_STORE", str(tmp_path / "mine.db"))
        assert default_place() == str(tmp_path / "mine.db")
        monkeypatch.delenv("FARM_STORE")
        assert default_place().endswith("farm.db")

    def test_directories_are_made_and_odd_names_work(self, tmp_path: Path) -> None:
        place = tmp_path / "a b" / "what?#100%.db"
        with Store.open(place) as store:
            run_id = store.start_run(RunInfo("farm sweep"))
        assert place.exists()
        with Store.open(f"sqlite:///{tmp_path}/url.db") as store:
            store.start_run(RunInfo("farm sweep"))
        with Store.open(place, create=False) as store:
            assert [head.id for head in store.runs()] == [run_id]

    def test_reading_makes_no_store(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="no results store at"):
            Store.open(tmp_path / "none.db", create=False)
        assert not (tmp_path / "none.db").exists()

    @pytest.mark.parametrize(
        ("content", "says"),
        [(b"this is no database, but long enough to look at" * 30, "is no results store"), (None, "something else")],
    )
    def test_not_a_store(self, tmp_path: Path, content: bytes | None, says: str) -> None:
        place = tmp_path / "other.db"
        if content is None:
            connection = sqlite3.connect(place)
            connection.execute("create table bookmarks (url text)")
            connection.close()
        else:
            place.write_bytes(content)
        before = place.read_bytes()
        error = self.refused(place)
        assert says in str(error)
        assert content is None or place.read_bytes() == before

    def test_a_directory_that_cannot_be(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        self.refused(tmp_path / "file" / "farm.db")

    def test_a_directory_is_no_store(self, tmp_path: Path) -> None:
        self.refused(tmp_path)

    @pytest.mark.parametrize("place", ["nonsense://x", "://", "postgresql+nodriver://h/d", "oracle://h/d"])
    def test_urls_that_lead_nowhere(self, place: str) -> None:
        self.refused(place)

    def test_a_password_is_not_printed(self) -> None:
        error = self.refused("oracle://me:secret@host/d")
        assert "secret" not in str(error)

    def test_a_lock_is_waited_for_and_then_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("farm.store.dialect.BUSY_SECONDS", 0.2)
        with Store.open(tmp_path / "farm.db") as store:
            run_id = store.start_run(RunInfo("farm sweep"))
            store.plan(run_id, [Planned("a"), Planned("b")])
            other = sqlite3.connect(tmp_path / "farm.db", isolation_level=None)
            other.execute("begin immediate")
            began = time.monotonic()
            with pytest.raises(StoreError, match="locked by another process"):
                store.record(run_id, [attempt("a"), attempt("b")])
            assert 0.1 < time.monotonic() - began < 5
            assert store.view(run_id).counts["planned"] == 2, "readers don't wait for a writer"
            other.execute("rollback")
            other.close()
            store.record(run_id, [attempt("a")])

    def refused(self, place: str | Path) -> StoreError:
        with pytest.raises(StoreError) as raised:
            Store.open(place)
        assert "\n" not in str(raised.value)
        assert raised.value.exit_code == ExitCode.NOT_RUN
        return raised.value


class TestSeveral:
    def test_processes_open_and_write_one_new_store_at_once(self, tmp_path: Path) -> None:
        place = tmp_path / "farm.db"
        context = multiprocessing.get_context("spawn")
        with context.Pool(2) as pool:
            ids = pool.map(_write_a_run, [place] * 4)
        with Store.open(place) as store:
            assert {head.id for head in store.runs()} == set(ids)
            assert all(store.view(run_id).counts["validated"] == 5 for run_id in ids)

    def test_what_was_recorded_outlives_the_driver(self, tmp_path: Path) -> None:
        script = (
            "import sys, time\n"
            "from farm.store import *\n"
            "from farm.core.verdicts import Verdict\n"
            "from tests.farm.store_helpers import Planned\n"
            "from tests.farm.store.test_store import attempt\n"
            "store = Store.open(sys.argv[1])\n"
            "run = store.start_run(RunInfo('farm sweep'))\n"
            "store.plan(run, [Planned(str(at)) for at in range(500)])\n"
            "for at in range(500):\n"
            "    store.record(run, [attempt(str(at))])\n"
            "    print(at, flush=True)\n"
        )
        place = tmp_path / "farm.db"
        process = subprocess.Popen([sys.executable, "-c", script, place], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        seen = [int(process.stdout.readline()) for _ in range(50)]
        os.kill(process.pid, signal.SIGKILL)
        seen += [int(line) for line in process.stdout if line.endswith("\n")]
        process.wait()
        process.stdout.close()
        with Store.open(place) as store:
            view = store.view(store.find("last"))
        assert view.run.finished is None
        assert len(view.vectors) == 500
        assert sum(vector.attempts for vector in view.vectors) >= len(seen) >= 50


def _write_a_run(place: Path) -> str:
    with Store.open(place) as store:
        return recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")] * 5)


def test_it_keeps_up_with_boards(store: Store) -> None:
    run_id = store.start_run(RunInfo("farm sweep"))
    rounds, batches, size = 6, 20, 50
    store.plan(run_id, (Planned(str(at)) for at in range(rounds * batches * size)))
    names = (str(at) for at in range(rounds * batches * size))
    best = 0.0
    for _ in range(rounds):  # the best of them, since the machine may have other work
        began = time.perf_counter()
        for _ in range(batches):
            store.record(run_id, [attempt(name) for name in itertools.islice(names, size)])
        best = max(best, batches * size / (time.perf_counter() - began))
    assert best > 5000, "results per second"
