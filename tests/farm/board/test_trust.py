"""A supervisor trusts its board only after checks, and resets it when they fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from farm.board.backends.base import RESET_VARIABLE
from farm.board.backends.fake import Act, Script, fake_boards
from farm.board.holders import Holder
from farm.board.kinds import KINDS
from farm.board.limits import Limits
from farm.board.reset import Resetter
from farm.board.supervisor import Supervisor
from farm.core.board import Board
from farm.core.outcome import Outcome
from farm.core.telemetry import ChipTelemetry, Telemetry
from farm.core.verdicts import Reason, Verdict
from scheduler.board_state import BoardState, Cause, Transition
from scheduler.health import HealthBudget
from tests.farm.board.supervised import (
    ONE,
    fake,
    fake_supervisor,
    report_lines,
    report_lines_of,
    run,
)
from tests.farm.payloads import encoded_vector


def test_a_board_is_trusted_once_it_passed_its_check_and_busy_while_it_runs() -> None:
    supervisor = fake_supervisor(Script(), Limits())
    assert supervisor.health.state is BoardState.UNVERIFIED
    assert report_lines_of(supervisor, "a", "b") == [
        "healthy by check_passed",
        "busy by work_began",
        "a: validated",
        "b: validated",
        "healthy by work_ended",
    ]
    assert report_lines_of(supervisor, "c") == ["busy by work_began", "c: validated", "healthy by work_ended"]


def test_a_crash_on_a_sound_board_counts_for_the_vector() -> None:
    supervisor = fake_supervisor(Script(acts={"bad": (Act.CRASH,)}), Limits())
    assert report_lines_of(supervisor, "bad", "a") == [
        "healthy by check_passed",
        "busy by work_began",
        "bad: fail_crash_hang",
        "suspect by process_died",
        "healthy by check_passed",
        "busy by work_began",
        "a: validated",
        "healthy by work_ended",
    ]


def test_a_crash_on_a_board_that_then_fails_its_checks_is_discounted_and_the_board_held() -> None:
    supervisor = fake_supervisor(Script(acts={"bad": (Act.CRASH,)}, checks=(True, False)), Limits())
    assert report_lines_of(supervisor, "bad", "a") == [
        "healthy by check_passed",
        "busy by work_began",
        "bad: board_fault",
        "suspect by process_died",
        "held by budget_spent",
    ]
    assert report_lines_of(supervisor, "a", "b") == [], "a held board runs nothing"


def test_a_board_with_wrong_results_is_held_after_the_first() -> None:
    supervisor = fake_supervisor(Script(acts={"*": (Act.FAIL,)}, checks=(True, False)), Limits())
    [outcome] = run(supervisor, *map(str, range(100)))
    assert (outcome.verdict, outcome.reason) == (Verdict.BOARD_FAULT, Reason.BOARD_SUSPECT)
    assert outcome.discounted is not None
    assert outcome.discounted.verdict is Verdict.FAIL_ASSERT_EXCEPTION
    assert supervisor.health.state is BoardState.HELD


def test_a_board_that_never_passes_runs_nothing() -> None:
    supervisor = fake_supervisor(Script(checks=(False,)), Limits())
    outcomes = run(supervisor, "a", "b", "c")
    assert [outcome.verdict for outcome in outcomes] == [Verdict.BOARD_FAULT]
    assert not fake(supervisor).runs
    assert supervisor.health.state is BoardState.HELD


def resettable(script: Script, command: str) -> Board:
    [board] = fake_boards(KINDS["n300"], 1, script=script)
    return replace(board, environment={**board.environment, RESET_VARIABLE: command})


def test_a_board_is_reset_when_its_check_fails_and_trusted_again_when_it_passes(tmp_path: Path) -> None:
    cure = tmp_path / "cure"
    cure.touch()
    board = resettable(Script(acts={"bad": (Act.CRASH,)}, sound_while=str(cure)), f"touch {cure}")
    supervisor = Supervisor(board, tmp_path, Limits())

    def reports() -> Iterator[Outcome | Transition]:
        for each in supervisor.run(ONE, [encoded_vector(name) for name in ("a", "bad", "b")]):
            if isinstance(each, Outcome) and each.vector_id == "a":
                cure.unlink()  # from now on only the reset helps
            yield each

    assert report_lines(reports()) == [
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


class InUse(Resetter):
    """Resets a board that a process uses for some looks."""

    looks = 0

    def users(self) -> tuple[Holder, ...]:
        self.looks -= 1
        return (Holder("0000:61:00.0", None, ""),) if self.looks >= 0 else ()


def test_a_board_in_use_is_not_reset_but_held_with_the_name_of_its_user(tmp_path: Path) -> None:
    board = resettable(Script(acts={"bad": (Act.CRASH,)}, checks=(True, False)), f"touch {tmp_path / 'reset'}")
    supervisor = Supervisor(board, tmp_path, Limits(held=0))
    supervisor.trust.resetter = resetter = InUse(board, 10)
    resetter.looks = 100
    reports = list(supervisor.run(ONE, [encoded_vector("bad")]))
    held = reports[-1]
    assert isinstance(held, Transition)
    assert (held.after, held.cause) == (BoardState.HELD, Cause.CHIP_IN_USE)
    assert held.message.startswith("0000:61:00.0 is in use by an unknown process")
    assert not (tmp_path / "reset").exists()


def test_a_board_is_reset_once_its_user_has_gone(tmp_path: Path) -> None:
    board = resettable(Script(acts={"bad": (Act.CRASH,)}, checks=(True, False, True)), f"touch {tmp_path / 'reset'}")
    supervisor = Supervisor(board, tmp_path, Limits())
    supervisor.trust.resetter = resetter = InUse(board, 10)
    resetter.looks = 1
    assert "unverified by reset_ended" in report_lines_of(supervisor, "bad")
    assert (tmp_path / "reset").exists()


def test_a_board_is_held_with_the_reason_of_its_failed_reset(tmp_path: Path) -> None:
    board = resettable(Script(checks=(False,)), "echo Reset failed.")
    *_, held = Supervisor(board, tmp_path, Limits()).run(ONE, [encoded_vector("a")])
    assert isinstance(held, Transition)
    assert held.message.endswith("nothing helped, its reset failed: exit code 0, but it says: Reset failed.")


def test_the_chips_telemetry_is_kept_with_an_attempt_that_was_trouble() -> None:
    acts = {"crash": (Act.CRASH,), "fault": (Act.FAULT,)}
    supervisor = fake_supervisor(Script(acts=acts, temperature=91.5), Limits())
    telemetry = {each.vector_id: each.telemetry for each in run(supervisor, "a", "crash", "b", "fault")}
    assert telemetry["a"] is telemetry["b"] is None
    for vector in ("crash", "fault"):
        assert telemetry[vector] == Telemetry((ChipTelemetry(supervisor.board.id, 91.5),))


def test_resets_by_earlier_supervisors_count_for_a_dead_board(tmp_path: Path) -> None:
    resets = tmp_path / "resets"
    board = resettable(Script(checks=(False,)), f"sh -c 'echo reset >> {resets}'")
    for _ in range(6):
        list(Supervisor(board, tmp_path, Limits(budget=HealthBudget(resets_in_all=5))).run(ONE, [encoded_vector("a")]))
    assert resets.read_text(encoding="utf-8").count("reset") == 5


def test_a_probe_checks_once_and_resets_nothing(tmp_path: Path) -> None:
    resets = tmp_path / "resets"
    assert Supervisor(resettable(Script(), f"touch {resets}"), tmp_path, Limits()).probe() == ""
    supervisor = Supervisor(resettable(Script(checks=(False,)), f"touch {resets}"), tmp_path, Limits())
    assert "told not to be sound" in supervisor.probe()
    assert fake(supervisor).checks == 1
    assert not resets.exists()
    assert supervisor.reset().good
    assert resets.exists()


def test_what_happens_to_a_board_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "farm.board")
    supervisor = Supervisor(resettable(Script(checks=(True, False, True)), "true"), tmp_path, Limits())
    fake(supervisor).script = replace(fake(supervisor).script, acts={"bad": (Act.CRASH,)})
    run(supervisor, "bad")
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "fake:n300:0: healthy, unverified before: check passed",
        "fake:n300:0: suspect, busy before: process died: fake:n300:0 was told to crash",
        "fake:n300:0: resetting, suspect before: reset needed",
        "fake:n300:0: reset begins: true",
        next(line for line in lines if line.startswith("fake:n300:0: reset ended after ")),
        "fake:n300:0: unverified, resetting before: reset ended",
        "fake:n300:0: healthy, unverified before: check passed",
    ]
