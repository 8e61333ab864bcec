"""A supervisor goes on after whatever its process does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from farm.board.backends.base import RESET_VARIABLE
from farm.board.backends.fake import SCRIPT_VARIABLE, Act, Opening, Script, fake_boards
from farm.board.fake_worker import FakeWorker
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.board.protocol import LookAhead, OpenFailed, WorkerDied, nothing
from farm.board.supervisor import Supervisor
from farm.core.board import Board
from farm.core.errors import FarmError, NotRunnable
from farm.core.outcome import Outcome
from farm.core.payload import EncodedVector
from farm.core.verdicts import Reason, Verdict
from scheduler.board_state import BoardState, Transition
from scheduler.health import HealthBudget
from tests.farm.payloads import encoded_vector
from tracer.device_config import DeviceConfig

ONE, TWO = DeviceConfig(), DeviceConfig(mesh_shape=(1, 2))
VALIDATED = (Verdict.VALIDATED, Reason.NONE)


def supervisor(script: Script, limits: Limits | None = None) -> Supervisor:
    [board] = fake_boards(KINDS["n300"], 1, script=script)
    return Supervisor(board, Path("unused"), limits or Limits(open=0.05, vector=0.05))


def run(held: Supervisor, *names: str, config: DeviceConfig = ONE) -> list[Outcome]:
    return outcomes_of(held.run(config, [encoded_vector(name) for name in names]))


def outcomes_of(told: Iterable[Outcome | Transition]) -> list[Outcome]:
    return [each for each in told if isinstance(each, Outcome)]


def story(held: Supervisor, *names: str) -> list[str]:
    """What is told of the vectors and of the board's trust, in order."""
    return [
        f"{each.vector_id}: {each.verdict.value}"
        if isinstance(each, Outcome)
        else f"{each.after.value} by {each.cause.value}"
        for each in held.run(ONE, [encoded_vector(name) for name in names])
    ]


def ends(outcomes: list[Outcome]) -> list[tuple[Verdict, Reason]]:
    return [(outcome.verdict, outcome.reason) for outcome in outcomes]


def fake(held: Supervisor) -> FakeWorker:
    assert isinstance(held.worker, FakeWorker)
    return held.worker


def test_the_board_is_opened_again_only_when_it_must_be() -> None:
    held = supervisor(Script())
    run(held, "a")
    run(held, "b")
    run(held, "c", config=TWO)
    run(held, "d", config=ONE)
    assert fake(held).opened == [ONE, TWO, ONE]


def test_a_process_is_renewed_after_so_many_vectors() -> None:
    held = supervisor(Script(), Limits(open=0.05, vector=0.05, renew=3))
    for names in ("ab", "cd", "ef", "gh"):
        assert len(run(held, *names)) == 2
    assert fake(held).opened == [ONE, ONE]


class Asking(FakeWorker):
    """Asks what comes next when it is done."""

    fed: tuple[str, ...] = ()

    def run(self, parcels: Sequence[EncodedVector], timeout: float, behind: LookAhead = nothing) -> Iterator[Outcome]:
        yield from super().run(parcels, timeout)
        self.fed = tuple(parcel.id for parcel in behind())


def test_a_process_is_given_early_only_what_it_will_run() -> None:
    [board] = fake_boards(KINDS["n300"], 1)
    held = Supervisor(board, Path("unused"), Limits(renew=3), make_worker=lambda board, *_: Asking(board))
    assert isinstance(held.worker, Asking)
    asking = held.worker

    def fed(name: str, *, then: tuple[DeviceConfig, list[EncodedVector]] | None) -> tuple[str, ...]:
        list(held.run(ONE, [encoded_vector(name)], lambda: then))
        return asking.fed

    next_one = [encoded_vector("next")]
    assert fed("a", then=(ONE, next_one)) == ("next",)
    assert fed("b", then=(TWO, next_one)) == ()  # the board is opened another way first
    assert fed("c", then=(ONE, next_one)) == ()  # another process takes its place first
    assert fed("d", then=None) == ()


def test_what_a_process_was_given_early_ends_with_a_stop() -> None:
    [board] = fake_boards(KINDS["n300"], 1)
    held = Supervisor(board, Path("unused"), Limits(), make_worker=lambda board, *_: Asking(board))
    next_one = [encoded_vector("next")]
    assert len(outcomes_of(held.run(ONE, [encoded_vector("a")], lambda: (ONE, next_one)))) == 1
    assert isinstance(held.worker, Asking)
    assert held.worker.fed == ("next",)
    held.stop()  # between the two
    assert held.worker._alive
    assert list(held.run(ONE, next_one)) == []
    assert not held.worker._alive


@pytest.mark.parametrize(("act", "reason"), [(Act.CRASH, Reason.CRASH), (Act.HANG, Reason.HANG)])
def test_a_vector_that_ends_the_process_costs_only_itself(act: Act, reason: Reason) -> None:
    held = supervisor(Script(acts={"bad": (act,)}))
    outcomes = run(held, "a", "bad", "b", "c")
    assert [outcome.vector_id for outcome in outcomes] == ["a", "bad", "b", "c"]
    assert ends(outcomes) == [VALIDATED, (Verdict.FAIL_CRASH_HANG, reason), VALIDATED, VALIDATED]
    assert fake(held).opened == [ONE, ONE]
    assert "was told to" in outcomes[1].message


def test_a_slow_vector_hangs_by_its_own_limit() -> None:
    held = supervisor(Script(seconds=0.1))
    outcomes = outcomes_of(held.run(ONE, [encoded_vector("a"), encoded_vector("b", timeout=5.0)]))
    assert ends(outcomes) == [(Verdict.FAIL_CRASH_HANG, Reason.HANG), VALIDATED]
    assert outcomes[1].seconds >= 0.1


def test_a_failed_vector_keeps_its_process() -> None:
    held = supervisor(Script(acts={"bad": (Act.FAIL,)}))
    assert ends(run(held, "bad", "a")) == [(Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION), VALIDATED]
    assert fake(held).opened == [ONE]


def test_after_a_fault_the_board_starts_afresh() -> None:
    held = supervisor(Script(acts={"bad": (Act.FAULT,)}))
    assert ends(run(held, "bad", "a")) == [(Verdict.BOARD_FAULT, Reason.INTERNAL), VALIDATED]
    assert fake(held).opened == [ONE, ONE]


@pytest.mark.parametrize(
    ("opening", "reason"),
    [
        (Opening.REFUSES, Reason.OPEN_FAILED),
        (Opening.DIES, Reason.OPEN_FAILED),
        (Opening.HANGS, Reason.OPEN_TIMEOUT),
    ],
)
def test_a_board_that_does_not_open_says_so_once_and_leaves_the_rest_untried(opening: Opening, reason: Reason) -> None:
    outcomes = run(supervisor(Script(opening=opening)), "a", "b", "c")
    assert [outcome.vector_id for outcome in outcomes] == ["a"]
    assert ends(outcomes) == [(Verdict.BOARD_FAULT, reason)]


def test_a_process_that_does_not_start_again_is_a_refusal() -> None:
    held = supervisor(Script(starts=False))
    assert ends(run(held, "a", "b")) == [(Verdict.BOARD_FAULT, Reason.OPEN_FAILED)]
    with pytest.raises(WorkerDied, match="told not to start"):
        held.start()


def test_stop_lets_the_running_vector_end_and_no_other_begin() -> None:
    held = supervisor(Script(seconds=0.2), Limits())
    seen: list[Outcome] = []
    thread = threading.Thread(target=lambda: seen.extend(run(held, "a", "b", "c")))
    thread.start()
    held.stop()
    thread.join(10)
    assert len(seen) <= 1
    assert run(held, "d") == []


def test_a_process_that_dies_between_vectors_blames_the_board() -> None:
    class Moody(FakeWorker):
        def _run(self, vector_id: str, timeout: float) -> Outcome:
            if vector_id == "b" and not self.runs["b"]:
                self.runs["b"] += 1
                self._alive = False
                raise WorkerDied("it just ended", None, exit=1)
            return super()._run(vector_id, timeout)

    [board] = fake_boards(KINDS["n300"], 1)
    held = Supervisor(board, Path("unused"), Limits(), make_worker=lambda board, *_: Moody(board))
    assert ends(run(held, "a", "b", "c")) == [VALIDATED, (Verdict.BOARD_FAULT, Reason.CRASH), VALIDATED]


def test_what_the_host_lacks_is_no_outcome() -> None:
    class Bare(FakeWorker):
        def start(self) -> dict[str, object]:
            raise NotRunnable("ttnn is not installed")

    [board] = fake_boards(KINDS["n300"], 1)
    with pytest.raises(NotRunnable):
        Supervisor(board, Path("unused"), Limits(), make_worker=lambda board, *_: Bare(board)).start()


def test_a_script_survives_the_trip_to_a_board(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script(Opening.HANGS, starts=False, seconds=0.5, acts={"v": (Act.CRASH, Act.PASS)})
    [board] = fake_boards(KINDS["p150"], 1, first=3, script=script)
    assert board.id == "fake:p150:3"
    assert Script.of(board) == script
    monkeypatch.setenv(SCRIPT_VARIABLE, str(script))
    [board] = fake_boards(KINDS["p150"], 1)
    assert Script.of(board) == script
    assert Script.of(Board("fake:x", "fake", KINDS["p150"])) == Script()


@pytest.mark.parametrize("text", ["{", "[]", '{"acts": {"v": ["explode"]}}', '{"opening": "ajar"}', '{"speed": 1}'])
def test_nonsense_is_no_script(text: str) -> None:
    with pytest.raises(FarmError, match=SCRIPT_VARIABLE):
        Script.parse(text)


def test_a_fake_process_must_be_started() -> None:
    [board] = fake_boards(KINDS["n300"], 1)
    process = FakeWorker(board)
    with pytest.raises(WorkerDied, match="not running"):
        process.open(ONE, 1.0)
    process.start()
    process.close()
    with pytest.raises(WorkerDied, match="not running"):
        list(process.run([encoded_vector("a")], 1.0))


def test_open_failed_keeps_the_process() -> None:
    [board] = fake_boards(KINDS["n300"], 1, script=Script(opening=Opening.REFUSES))
    process = FakeWorker(board)
    process.start()
    for _ in range(2):
        with pytest.raises(OpenFailed, match="told not to open"):
            process.open(ONE, 1.0)


def test_a_board_is_trusted_once_it_passed_its_check_and_busy_while_it_runs() -> None:
    held = supervisor(Script(), Limits())
    assert held.health.state is BoardState.UNVERIFIED
    assert story(held, "a", "b") == [
        "healthy by check_passed",
        "busy by work_began",
        "a: validated",
        "b: validated",
        "healthy by work_ended",
    ]
    assert story(held, "c") == ["busy by work_began", "c: validated", "healthy by work_ended"]


def test_a_crash_on_a_sound_board_is_the_vectors() -> None:
    held = supervisor(Script(acts={"bad": (Act.CRASH,)}), Limits())
    assert story(held, "bad", "a") == [
        "healthy by check_passed",
        "busy by work_began",
        "bad: fail_crash_hang",
        "suspect by process_died",
        "healthy by check_passed",
        "busy by work_began",
        "a: validated",
        "healthy by work_ended",
    ]


def test_a_crash_on_a_board_that_then_fails_its_checks_is_not_and_the_board_is_held() -> None:
    held = supervisor(Script(acts={"bad": (Act.CRASH,)}, checks=(True, False)), Limits())
    assert story(held, "bad", "a") == [
        "healthy by check_passed",
        "busy by work_began",
        "bad: board_fault",
        "suspect by process_died",
        "held by budget_spent",
    ]
    assert story(held, "a", "b") == [], "a held board runs nothing"


def test_a_lying_board_is_out_after_its_first_lie() -> None:
    held = supervisor(Script(acts={"*": (Act.FAIL,)}, checks=(True, False)), Limits())
    [outcome] = run(held, *map(str, range(100)))
    assert (outcome.verdict, outcome.reason) == (Verdict.BOARD_FAULT, Reason.BOARD_SUSPECT)
    assert outcome.discounted is not None
    assert outcome.discounted.verdict is Verdict.FAIL_ASSERT_EXCEPTION
    assert held.health.state is BoardState.HELD


def test_a_board_that_never_passes_runs_nothing() -> None:
    held = supervisor(Script(checks=(False,)), Limits())
    outcomes = run(held, "a", "b", "c")
    assert [outcome.verdict for outcome in outcomes] == [Verdict.BOARD_FAULT]
    assert not fake(held).runs
    assert held.health.state is BoardState.HELD


def resettable(script: Script, command: str) -> Board:
    [board] = fake_boards(KINDS["n300"], 1, script=script)
    return replace(board, environment={**board.environment, RESET_VARIABLE: command})


def test_a_board_is_reset_when_its_check_fails_and_trusted_again_when_it_passes(tmp_path: Path) -> None:
    cure = tmp_path / "cure"
    cure.touch()
    board = resettable(Script(acts={"bad": (Act.CRASH,)}, sound_while=str(cure)), f"touch {cure}")
    held = Supervisor(board, tmp_path, Limits())
    told = []
    for each in held.run(ONE, [encoded_vector(name) for name in ("a", "bad", "b")]):
        if isinstance(each, Outcome):
            told.append(f"{each.vector_id}: {each.verdict.value}")
            if each.vector_id == "a":
                cure.unlink()  # from now on only the reset helps
        else:
            told.append(f"{each.after.value} by {each.cause.value}")
    assert told == [
        "healthy by check_passed",
        "busy by work_began",
        "a: validated",
        "bad: fail_crash_hang",
        "suspect by process_died",
        "resetting by reset_needed",
        "unverified by reset_ended",
        "healthy by check_passed",
        "busy by work_began",
        "b: validated",
        "healthy by work_ended",
    ]


def test_a_dead_board_is_reset_twice_and_held_also_by_those_who_come_after(tmp_path: Path) -> None:
    resets = tmp_path / "resets"
    board = resettable(Script(checks=(False,)), f"sh -c 'echo reset >> {resets}'")
    for _ in range(6):
        list(Supervisor(board, tmp_path, Limits(budget=HealthBudget(resets_in_all=5))).run(ONE, [encoded_vector("a")]))
    assert resets.read_text(encoding="utf-8").count("reset") == 5


def test_a_board_that_hangs_after_a_stop_is_not_reset(tmp_path: Path) -> None:
    resets = tmp_path / "resets"
    board = resettable(Script(acts={"a": (Act.HANG,)}, checks=(True, False)), f"touch {resets}")
    held = Supervisor(board, tmp_path, Limits(vector=0.3))
    thread = threading.Thread(target=lambda: list(held.run(ONE, [encoded_vector("a"), encoded_vector("b")])))
    thread.start()
    held.stop()
    thread.join(10)
    assert not resets.exists()


def test_a_hang_while_a_run_stops_says_nothing_against_the_board() -> None:
    held = supervisor(Script(acts={"a": (Act.HANG,)}, checks=(True, False)), Limits(vector=0.5))
    stop = threading.Timer(0.1, held.stop)
    stop.start()
    assert ends(outcomes_of(held.run(ONE, [encoded_vector("a")]))) == [(Verdict.FAIL_CRASH_HANG, Reason.HANG)]
    stop.join()


@pytest.mark.parametrize(
    ("wire", "computes", "limit"),
    [
        ({"deadline": 12.0}, False, 12.0),
        ({"deadline": 40.0}, False, None),  # no longer than any vector
        ({"deadline": 12.0, "timeout": 20.0}, False, 20.0),  # its module knows best
        ({"deadline": 12.0}, True, None),  # tt-metal's own timer is to come first
        ({}, False, None),
    ],
)
def test_a_vector_has_the_deadline_that_earlier_runs_tell(
    wire: dict[str, float], computes: bool, limit: float | None
) -> None:
    held = supervisor(Script(), Limits(vector=30.0))
    held.board = replace(held.board, computes=computes)
    assert held._timed(encoded_vector("a", timeout=wire.get("timeout"), deadline=wire.get("deadline"))).timeout == limit


def test_a_hang_is_noticed_by_the_deadline_that_earlier_runs_tell() -> None:
    held = supervisor(Script(acts={"a": (Act.HANG,)}), Limits(open=0.05, vector=30.0))
    began = time.monotonic()
    [outcome] = outcomes_of(held.run(ONE, [encoded_vector("a", deadline=0.05)]))
    assert outcome.reason is Reason.HANG
    assert time.monotonic() - began < 5
