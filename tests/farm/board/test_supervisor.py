"""A supervisor continues after any failure of its worker."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from farm.board.backends.base import RESET_VARIABLE
from farm.board.backends.fake import Act, Opening, Script, fake_boards
from farm.board.confinement import Confinement
from farm.board.fake_worker import FakeWorker
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.board.protocol import LookAhead, WorkerDied, no_look_ahead
from farm.board.supervisor import Supervisor
from farm.board.vector_deadline import with_deadline
from farm.core.errors import NotRunnable
from farm.core.isolation import Isolation
from farm.core.messages import Hello
from farm.core.outcome import Outcome
from farm.core.payload import EncodedVector, ModelTrace, encode
from farm.core.verdicts import Reason, Verdict
from tests.farm.board.supervised import (
    ONE,
    TWO,
    VALIDATED,
    GatedWorker,
    ends,
    fake,
    fake_supervisor,
    outcomes_of,
    run,
)
from tests.farm.payloads import encoded_module_vector, encoded_vector
from tracer.device_config import DeviceConfig


def test_the_board_is_reopened_only_for_another_device_config() -> None:
    supervisor = fake_supervisor(Script())
    run(supervisor, "a")
    run(supervisor, "b")
    run(supervisor, "c", config=TWO)
    run(supervisor, "d", config=ONE)
    assert fake(supervisor).opened == [ONE, TWO, ONE]


def test_a_worker_is_replaced_after_renew_vectors() -> None:
    supervisor = fake_supervisor(Script(), Limits(open=0.05, vector=0.05, renew=3))
    for names in ("ab", "cd", "ef", "gh"):
        assert len(run(supervisor, *names)) == 2
    assert fake(supervisor).opened == [ONE, ONE]


def test_isolated_vectors_of_modules_have_a_worker_each() -> None:
    limits = Limits(open=0.05, vector=0.05, confinement=Confinement(isolation=Isolation.PROCESS))
    supervisor = fake_supervisor(Script(), limits)
    of_module = [encoded_module_vector(name) for name in "abc"]
    assert [each.vector_id for each in outcomes_of(supervisor.run(ONE, of_module))] == ["a", "b", "c"]
    assert fake(supervisor).opened == [ONE, ONE, ONE]
    assert len(run(supervisor, "d", "e")) == 2, "traced calls are data"
    assert fake(supervisor).opened == [ONE, ONE, ONE]
    list(supervisor.run(ONE, [encoded_module_vector("f")]))
    assert fake(supervisor).opened == [ONE, ONE, ONE, ONE], "after other vectors"


class LookingAheadWorker(FakeWorker):
    """Looks ahead when it is done."""

    fed: tuple[str, ...] = ()

    def run(
        self, vectors: Sequence[EncodedVector], timeout: float, look_ahead: LookAhead = no_look_ahead
    ) -> Iterator[Outcome]:
        yield from super().run(vectors, timeout)
        self.fed = tuple(vector.id for vector in look_ahead())


def test_only_vectors_that_the_worker_will_run_are_sent_early() -> None:
    [board] = fake_boards(KINDS["n300"], 1)
    supervisor = Supervisor(
        board, Path("unused"), Limits(renew=3), make_worker=lambda board, *_: LookingAheadWorker(board)
    )
    assert isinstance(supervisor.worker, LookingAheadWorker)
    worker = supervisor.worker

    def fed(name: str, *, then: tuple[DeviceConfig, list[EncodedVector]] | None) -> tuple[str, ...]:
        list(supervisor.run(ONE, [encoded_vector(name)], lambda: then))
        return worker.fed

    next_one = [encoded_vector("next")]
    assert fed("a", then=(ONE, next_one)) == ("next",)
    assert fed("b", then=(TWO, next_one)) == ()  # the board is opened another way first
    assert fed("c", then=(ONE, next_one)) == ()  # another process replaces it first
    assert fed("d", then=None) == ()
    model = EncodedVector("m", "m", encode(ModelTrace("m", "test_m.py", "/")))
    assert fed("e", then=(ONE, [model])) == ("m",), "a fake runs models like vectors"


def test_a_stop_cancels_vectors_that_were_sent_early() -> None:
    [board] = fake_boards(KINDS["n300"], 1)
    supervisor = Supervisor(board, Path("unused"), Limits(), make_worker=lambda board, *_: LookingAheadWorker(board))
    next_one = [encoded_vector("next")]
    assert len(outcomes_of(supervisor.run(ONE, [encoded_vector("a")], lambda: (ONE, next_one)))) == 1
    assert isinstance(supervisor.worker, LookingAheadWorker)
    assert supervisor.worker.fed == ("next",)
    supervisor.stop()  # between the two
    assert supervisor.worker._alive
    assert list(supervisor.run(ONE, next_one)) == []
    assert not supervisor.worker._alive


@pytest.mark.parametrize(("act", "reason"), [(Act.CRASH, Reason.CRASH), (Act.HANG, Reason.HANG)])
def test_a_vector_that_ends_the_worker_costs_only_itself(act: Act, reason: Reason) -> None:
    supervisor = fake_supervisor(Script(acts={"bad": (act,)}))
    outcomes = run(supervisor, "a", "bad", "b", "c")
    assert [outcome.vector_id for outcome in outcomes] == ["a", "bad", "b", "c"]
    assert ends(outcomes) == [VALIDATED, (Verdict.FAIL_CRASH_HANG, reason), VALIDATED, VALIDATED]
    assert fake(supervisor).opened == [ONE, ONE]
    assert "was told to" in outcomes[1].message


def test_a_slow_vector_hangs_by_its_own_limit() -> None:
    supervisor = fake_supervisor(Script(seconds=0.1))
    outcomes = outcomes_of(supervisor.run(ONE, [encoded_vector("a"), encoded_vector("b", timeout=5.0)]))
    assert ends(outcomes) == [(Verdict.FAIL_CRASH_HANG, Reason.HANG), VALIDATED]
    assert outcomes[1].seconds >= 0.1


def test_a_failed_vector_keeps_the_worker() -> None:
    supervisor = fake_supervisor(Script(acts={"bad": (Act.FAIL,)}))
    assert ends(run(supervisor, "bad", "a")) == [(Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION), VALIDATED]
    assert fake(supervisor).opened == [ONE]


def test_after_a_fault_the_board_gets_a_new_worker() -> None:
    supervisor = fake_supervisor(Script(acts={"bad": (Act.FAULT,)}))
    assert ends(run(supervisor, "bad", "a")) == [(Verdict.BOARD_FAULT, Reason.INTERNAL), VALIDATED]
    assert fake(supervisor).opened == [ONE, ONE]


@pytest.mark.parametrize(
    ("opening", "reason"),
    [
        (Opening.REFUSES, Reason.OPEN_FAILED),
        (Opening.DIES, Reason.OPEN_FAILED),
        (Opening.HANGS, Reason.OPEN_TIMEOUT),
    ],
)
def test_a_board_that_does_not_open_costs_one_attempt(opening: Opening, reason: Reason) -> None:
    outcomes = run(fake_supervisor(Script(opening=opening)), "a", "b", "c")
    assert [outcome.vector_id for outcome in outcomes] == ["a"]
    assert ends(outcomes) == [(Verdict.BOARD_FAULT, reason)]


def test_a_worker_that_does_not_start_is_a_failed_opening() -> None:
    supervisor = fake_supervisor(Script(starts=False))
    assert ends(run(supervisor, "a", "b")) == [(Verdict.BOARD_FAULT, Reason.OPEN_FAILED)]
    with pytest.raises(WorkerDied, match="told not to start"):
        supervisor.start()


def test_a_worker_that_dies_between_vectors_blames_the_board() -> None:
    class DyingWorker(FakeWorker):
        def _run(self, vector_id: str, timeout: float) -> Outcome:
            if vector_id == "b" and not self.runs["b"]:
                self.runs["b"] += 1
                self._alive = False
                raise WorkerDied("it ended", None, exit=1)
            return super()._run(vector_id, timeout)

    [board] = fake_boards(KINDS["n300"], 1)
    supervisor = Supervisor(board, Path("unused"), Limits(), make_worker=lambda board, *_: DyingWorker(board))
    assert ends(run(supervisor, "a", "b", "c")) == [VALIDATED, (Verdict.BOARD_FAULT, Reason.CRASH), VALIDATED]


def test_a_host_without_ttnn_gives_no_outcome() -> None:
    class UnusableWorker(FakeWorker):
        def start(self) -> Hello:
            raise NotRunnable("ttnn is not installed")

    [board] = fake_boards(KINDS["n300"], 1)
    with pytest.raises(NotRunnable):
        Supervisor(board, Path("unused"), Limits(), make_worker=lambda board, *_: UnusableWorker(board)).start()


@pytest.mark.parametrize(
    ("wire", "computes", "limit"),
    [
        ({"deadline": 12.0}, False, 12.0),
        ({"deadline": 40.0}, False, None),  # no longer than any vector
        ({"deadline": 12.0, "timeout": 20.0}, False, 20.0),  # its module's own limit decides
        ({"deadline": 12.0}, True, None),  # tt-metal's own timer must expire first
        ({}, False, None),
    ],
)
def test_a_vector_has_the_deadline_of_earlier_runs(wire: dict[str, float], computes: bool, limit: float | None) -> None:
    [board] = fake_boards(KINDS["n300"], 1)
    vector = encoded_vector("a", timeout=wire.get("timeout"), deadline=wire.get("deadline"))
    assert with_deadline(vector, replace(board, computes=computes), 30.0).timeout == limit


def test_a_hang_is_noticed_by_the_deadline_of_earlier_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("farm.board.fake_worker.time.sleep", slept.append)
    supervisor = fake_supervisor(Script(acts={"a": (Act.HANG,)}), Limits(open=0.05, vector=30.0))
    [outcome] = outcomes_of(supervisor.run(ONE, [encoded_vector("a", deadline=0.05)]))
    assert outcome.reason is Reason.HANG
    assert slept == [0.05]


def gated_supervisor(script: Script, folder: Path, limits: Limits | None = None, reset: str = "") -> Supervisor:
    """A supervisor whose worker is gated."""
    [board] = fake_boards(KINDS["n300"], 1, script=script)
    if reset:
        board = replace(board, environment={**board.environment, RESET_VARIABLE: reset})
    return Supervisor(board, folder, limits or Limits(), make_worker=GatedWorker)


def stopped_while_it_runs(supervisor: Supervisor, *names: str) -> list[Outcome]:
    """The outcomes of vectors, the first of which runs when the supervisor is stopped."""
    assert isinstance(supervisor.worker, GatedWorker)
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.extend(run(supervisor, *names)))
    thread.start()
    assert supervisor.worker.running.wait(60)
    supervisor.stop()
    supervisor.worker.gate.set()
    thread.join(60)
    assert not thread.is_alive()
    return outcomes


def test_stop_lets_the_running_vector_end_and_starts_no_other(tmp_path: Path) -> None:
    supervisor = gated_supervisor(Script(), tmp_path)
    assert [outcome.vector_id for outcome in stopped_while_it_runs(supervisor, "a", "b", "c")] == ["a"]
    assert run(supervisor, "d") == []


def test_a_board_that_hangs_during_a_stop_is_neither_blamed_nor_reset(tmp_path: Path) -> None:
    resets = tmp_path / "resets"
    script = Script(acts={"a": (Act.HANG,)}, checks=(True, False))
    supervisor = gated_supervisor(script, tmp_path, Limits(vector=0.05), reset=f"touch {resets}")
    assert ends(stopped_while_it_runs(supervisor, "a", "b")) == [(Verdict.FAIL_CRASH_HANG, Reason.HANG)]
    assert not resets.exists()
