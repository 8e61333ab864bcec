"""The audit of a chaos run detects what is wrong."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from farm.core.attempt import Attempt, Conclusion
from farm.core.outcome import Outcome
from farm.core.payload import ModuleVector, encode
from farm.core.sweep_module import SweepModule
from farm.core.verdicts import Reason, Verdict
from farm.planning.vectors import Vector
from farm.store import RunInfo, Store
from tests.chaos.ledger import Ledger, audit, behaviors, finished, recorded
from tests.chaos.table import Stage, show, total
from tracer.device_config import DeviceConfig

VECTORS = 4


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The store of a run of three good vectors and one that raises; the last has no verdict yet."""
    place = tmp_path / "farm.db"
    with Store.open(place) as store:
        run_id = store.start_run(RunInfo("test"))
        names = [f"v{n}" for n in range(VECTORS)]
        store.plan(
            run_id,
            [
                Vector(
                    name,
                    "m",
                    "",
                    "",
                    DeviceConfig(),
                    device_config_inferred=False,
                    text=encode(ModuleVector(name, SweepModule("m", Path("m.py")), values={"how": how})),
                )
                for name, how in zip(names, ("good", "good", "raise", "good"), strict=True)
            ],
        )
        for name, verdict in zip(names, (Verdict.VALIDATED,) * 2 + (Verdict.FAIL_ASSERT_EXCEPTION,), strict=False):
            _record_attempt(store, run_id, name, verdict)
            store.conclude(run_id, [Conclusion(name, verdict, Reason.NONE, "")])
    return place


def _record_attempt(store: Store, run_id: str, name: str, verdict: Verdict, number: int = 1) -> None:
    store.record(run_id, [Attempt(number, "mock:n150:0", Outcome(name, verdict, started=1_700_000_000.0 + number))])


def _add_attempt(place: Path, name: str, verdict: Verdict, number: int = 1) -> None:
    with Store.open(place) as store:
        run_id = store.find("last")
        _record_attempt(store, run_id, name, verdict, number)
        store.conclude(run_id, [Conclusion(name, verdict, Reason.NONE, "")])


def figures(place: Path, *, ended: bool = True) -> Counter[str]:
    ledger = _audit(place, ended=ended)
    return Counter(lost=len(ledger.lost), doubled=len(ledger.doubled), blamed=len(ledger.blamed), undone=ledger.undone)


def _audit(place: Path, *, ended: bool = True) -> Ledger:
    return audit(place, recorded(place), behaviors(place), VECTORS, ended=ended)


def test_a_sound_run(place: Path) -> None:
    assert not finished(place)
    _add_attempt(place, "v3", Verdict.VALIDATED)
    assert finished(place)
    assert +figures(place) == Counter()


def test_a_vector_without_a_verdict_is_lost_once_the_run_has_ended(place: Path) -> None:
    assert figures(place)["lost"] == 1
    assert +figures(place, ended=False) == Counter(undone=1)


def test_a_recorded_attempt_that_changes_or_goes_is_lost(place: Path) -> None:
    _add_attempt(place, "v3", Verdict.VALIDATED)
    earlier = recorded(place)
    with sqlite3.connect(place) as connection:
        connection.execute("update attempts set board = 'other' where vector_id = 'v0'")
        connection.execute("delete from attempts where vector_id = 'v1'")
    assert len(audit(place, earlier, behaviors(place), VECTORS).lost) == 2


def test_another_attempt_after_a_good_one_is_doubled(place: Path) -> None:
    _add_attempt(place, "v3", Verdict.VALIDATED)
    _add_attempt(place, "v0", Verdict.VALIDATED, number=2)
    assert +figures(place) == Counter(doubled=1)


@pytest.mark.parametrize("verdict", [Verdict.FAIL_CRASH_HANG, Verdict.BOARD_FAULT])
def test_a_good_vector_that_failed_is_wrongly_blamed(place: Path, verdict: Verdict) -> None:
    _add_attempt(place, "v3", verdict)
    assert +figures(place) == Counter(blamed=1)


def test_vectors_that_were_never_planned_are_missed(place: Path) -> None:
    _add_attempt(place, "v3", Verdict.VALIDATED)
    assert len(audit(place, {}, behaviors(place), VECTORS + 1).lost) == 1
    assert audit(place, {}, behaviors(place), VECTORS + 1, ended=False).undone == 1


def test_no_run_at_all(tmp_path: Path) -> None:
    with Store.open(tmp_path / "farm.db"):
        pass
    assert +figures(tmp_path / "farm.db", ended=False) == Counter(undone=VECTORS)


def test_the_table_of_an_aborted_run(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = _audit(place, ended=False)
    stage = Stage("one host", Counter({"driver SIGKILL": 2}), 3, 15.0, ledger, Counter(), quiet=10.0, aborted="time up")
    whole = Stage("three hosts", Counter({"head killed": 1}), 2, 20.0, Ledger(VECTORS, VECTORS), Counter(), [2.0, 4.0])
    show([stage, whole])
    rows = {line[:32].strip(): line[32:].split() for line in capsys.readouterr().out.splitlines()}
    assert rows["driver SIGKILL"] == ["2", "-", "2"]
    assert rows["kinds of faults"] == ["1", "1", "2"]
    assert rows["not finished"] == ["1", "0", "1"]
    assert rows["overhead against a quiet run"] == ["50%", "-", "-"]
    assert rows["seconds that a fault costs"] == ["2.5", "-", "-"]
    assert rows["seconds to notice, longest"] == ["-", "4.00", "4.00"]
    assert "NOT FINISHED: one host: time up" in rows
    assert not stage.sound
    assert whole.sound


def test_the_sum_of_stages_has_all_that_is_wrong() -> None:
    wrong = Ledger(3, 4, ["gone"], ["twice"], ["blamed"], 1, ["harmed"])
    stages = [
        Stage("a", Counter(fault=1), 1, 2.0, wrong, Counter(good=3), [1.0], 1.0, left_behind=["7: sleep"]),
        Stage("a", Counter(fault=2), 1, 3.0, wrong, Counter(good=3), [2.0], 1.0, aborted="time up"),
    ]
    whole = total("all", stages)
    assert (whole.faults, whole.behavior, whole.quiet, whole.aborted) == (
        Counter(fault=3),
        Counter(good=6),
        2.0,
        "time up",
    )
    assert (whole.ledger.planned, whole.ledger.attempts, whole.ledger.undone) == (6, 8, 2)
    assert [each.rows()["processes left behind"] for each in (*stages, whole)] == ["1", "-", "1"]
    assert sorted(whole.wrong) == sorted([*stages[0].wrong, *stages[1].wrong])
