"""One test per guarantee of the scheduler."""

from __future__ import annotations

import pytest

from scheduler import (
    Announce,
    Assign,
    AttemptEnded,
    AttemptLost,
    AttemptResult,
    BatchEnded,
    Batching,
    BoardAdded,
    BoardLeaving,
    BoardLost,
    BoardReady,
    Conclude,
    Event,
    FaultBudget,
    Instruction,
    InvalidTransition,
    Planned,
    Recall,
    Release,
    Resolution,
    Restart,
    Retire,
    Scheduler,
    Stopped,
    Task,
)

ONE_BY_ONE = Batching(depth=1, max_tasks=1)


def farm(*boards: str, batching: Batching = ONE_BY_ONE, budget: FaultBudget | None = None) -> Scheduler:
    """A scheduler whose boards `kind:number` fit the keys that contain their kind, and are ready."""
    scheduler = Scheduler(lambda kind, key: str(kind) in str(key), batching=batching, budget=budget, validate=True)
    for board in boards:
        handle(scheduler, BoardAdded(board, board.split(":")[0]), BoardReady(board))
    return scheduler


def handle(scheduler: Scheduler, *events: Event) -> list[Instruction]:
    """Handle events; return the instructions without the announcements."""
    instructions = [instruction for event in events for instruction in scheduler.handle(event, 0.0)]
    return [instruction for instruction in instructions if not isinstance(instruction, Announce)]


def plan(scheduler: Scheduler, *names: str, key: str = "a") -> list[Assign]:
    return assigned(handle(scheduler, Planned(tuple(Task(name, key, "op", 1 / 64) for name in names))))


def assigned(instructions: list[Instruction]) -> list[Assign]:
    return [instruction for instruction in instructions if isinstance(instruction, Assign)]


def end(scheduler: Scheduler, assign: Assign, result: AttemptResult) -> list[Instruction]:
    """End every attempt of a batch with this result, then the batch."""
    return handle(
        scheduler, *(AttemptEnded(assign.batch, task, result) for task, _ in assign.tasks), BatchEnded(assign.batch)
    )


def test_a_board_has_its_next_batch_before_it_finishes() -> None:
    scheduler = farm("a:0", batching=Batching(depth=2, max_tasks=2))
    first, second = plan(scheduler, *(f"w{n}" for n in range(12)))
    assert len(first.tasks) == 2
    assert (
        assigned(handle(scheduler, *(AttemptEnded(first.batch, task, AttemptResult.PASSED) for task, _ in first.tasks)))
        == []
    )
    [third] = assigned(handle(scheduler, BatchEnded(first.batch)))
    assert {task for batch in (first, second, third) for task, _ in batch.tasks} == {f"w{n}" for n in range(6)}


def test_a_failure_counts_at_once() -> None:
    scheduler = farm("a:0")
    [assign] = plan(scheduler, "w")
    assert end(scheduler, assign, AttemptResult.FAILED) == [Conclude("w", Resolution.ENDED, 1)]


def test_a_crash_is_tried_elsewhere_and_counts_when_it_repeats() -> None:
    scheduler = farm("a:0", "a:1")
    [first] = plan(scheduler, "w")
    [second] = assigned(end(scheduler, first, AttemptResult.CRASHED))
    assert (first.board, second.board) == ("a:0", "a:1")
    assert second.tasks == (("w", 2),)
    assert end(scheduler, second, AttemptResult.CRASHED) == [Conclude("w", Resolution.ENDED, 2)]


def test_a_kill_from_outside_must_repeat_more_often_than_a_crash() -> None:
    for results in (
        [AttemptResult.KILLED] * 3,
        [AttemptResult.CRASHED, AttemptResult.KILLED, AttemptResult.KILLED],
        [AttemptResult.KILLED, AttemptResult.CRASHED, AttemptResult.CRASHED],
    ):
        scheduler = farm("a:0", "a:1", "a:2")
        [assign] = plan(scheduler, "w")
        for result in results[:-1]:
            [assign] = assigned(end(scheduler, assign, result))
        assert end(scheduler, assign, results[-1]) == [Conclude("w", Resolution.ENDED, 3)]


def test_two_kills_and_a_pass_are_flaky() -> None:
    scheduler = farm("a:0", "a:1", "a:2")
    [assign] = plan(scheduler, "w")
    for result in (AttemptResult.KILLED, AttemptResult.KILLED):
        [assign] = assigned(end(scheduler, assign, result))
    assert end(scheduler, assign, AttemptResult.PASSED) == [Conclude("w", Resolution.FLAKY, 3)]


def test_a_crash_that_does_not_repeat_is_flaky() -> None:
    scheduler = farm("a:0", "a:1")
    [first] = plan(scheduler, "w")
    [second] = assigned(end(scheduler, first, AttemptResult.CRASHED))
    assert end(scheduler, second, AttemptResult.PASSED) == [Conclude("w", Resolution.FLAKY, 2)]


def test_the_only_board_gets_the_retry() -> None:
    scheduler = farm("a:0")
    [first] = plan(scheduler, "w")
    [second] = assigned(end(scheduler, first, AttemptResult.CRASHED))
    assert second.board == "a:0"


def test_a_retry_waits_for_another_board_even_if_the_first_is_free() -> None:
    scheduler = farm("a:0", "a:1")
    first, other = plan(scheduler, "w", "x")
    assert assigned(end(scheduler, first, AttemptResult.CRASHED)) == []
    [second] = assigned(end(scheduler, other, AttemptResult.PASSED))
    assert (second.board, second.tasks) == (other.board, (("w", 2),))


def test_a_retry_goes_to_the_first_board_when_the_others_are_gone() -> None:
    scheduler = farm("a:0", "a:1", budget=FaultBudget(in_a_row=1))
    first, other = plan(scheduler, "w", "x")
    end(scheduler, first, AttemptResult.CRASHED)
    lost, retired, *second = handle(scheduler, BoardLost(other.board))
    assert (lost, retired) == (AttemptLost("x", 1, other.board), Retire(other.board))
    assert [assign.board for assign in assigned(second)] == [first.board]


def test_a_pass_after_a_fault_is_a_pass() -> None:
    scheduler = farm("a:0", "a:1")
    [first] = plan(scheduler, "w")
    [second] = assigned(end(scheduler, first, AttemptResult.FAULT))
    assert second.board == "a:1"
    assert end(scheduler, second, AttemptResult.PASSED) == [Conclude("w", Resolution.ENDED, 2)]


def test_a_crash_that_was_seen_once_does_not_outweigh_the_faults_after_it() -> None:
    scheduler = farm("a:0", "a:1")
    [assign] = plan(scheduler, "w")
    for result in (AttemptResult.CRASHED, AttemptResult.FAULT, AttemptResult.FAULT):
        [assign] = assigned(end(scheduler, assign, result))
    assert end(scheduler, assign, AttemptResult.FAULT) == [Conclude("w", Resolution.ENDED, 4)]


def test_a_failure_outweighs_the_faults_before_it() -> None:
    scheduler = farm("a:0", "a:1")
    [assign] = plan(scheduler, "w")
    for result in (AttemptResult.FAULT, AttemptResult.FAULT):
        [assign] = assigned(end(scheduler, assign, result))
    assert end(scheduler, assign, AttemptResult.FAILED) == [Conclude("w", Resolution.ENDED, 3)]


def test_faults_are_retried_a_limited_number_of_times() -> None:
    scheduler = farm("a:0")
    [assign] = plan(scheduler, "w")
    for _ in range(2):
        [assign] = assigned(end(scheduler, assign, AttemptResult.FAULT))
    assert end(scheduler, assign, AttemptResult.FAULT) == [Conclude("w", Resolution.ENDED, 3)]


def test_a_task_that_is_not_runnable_is_not_retried() -> None:
    scheduler = farm("a:0", "a:1")
    [assign] = plan(scheduler, "w")
    assert end(scheduler, assign, AttemptResult.NOT_RUNNABLE) == [Conclude("w", Resolution.ENDED, 1)]


def test_the_work_of_a_lost_board_goes_elsewhere_and_only_the_running_one_loses_an_attempt() -> None:
    scheduler = farm("a:0", batching=Batching(depth=1, share=1, max_tasks=3, min_seconds=0))
    [first] = plan(scheduler, "u", "v", "w")
    handle(scheduler, AttemptEnded(first.batch, "u", AttemptResult.PASSED), BoardAdded("a:1", "a"), BoardReady("a:1"))
    lost, restart, assign = handle(scheduler, BoardLost("a:0"))
    assert (lost, restart) == (AttemptLost("v", 1, "a:0"), Restart("a:0"))
    assert assigned([assign])[0].board == "a:1"
    [rest] = assigned(end(scheduler, assigned([assign])[0], AttemptResult.PASSED))
    assert sorted(assigned([assign])[0].tasks + rest.tasks) == [("v", 2), ("w", 1)]


def test_a_board_lost_before_its_batch_end_is_reported_was_running_the_next_batch() -> None:
    scheduler = farm("a:0", batching=Batching(depth=2, max_tasks=2))
    first, second = plan(scheduler, *(f"w{n}" for n in range(12)))
    handle(scheduler, *(AttemptEnded(first.batch, task, AttemptResult.PASSED) for task, _ in first.tasks))
    lost, restart = handle(scheduler, BoardLost("a:0"))
    assert (lost, restart) == (AttemptLost(second.tasks[0][0], 1, "a:0"), Restart("a:0"))


def test_work_that_no_board_fits_is_resolved_at_once() -> None:
    scheduler = farm("a:0")
    assert handle(scheduler, Planned((Task("w", "other"),))) == [Conclude("w", Resolution.UNSATISFIABLE)]


def test_a_key_that_every_board_refuses_is_given_up_after_few_attempts() -> None:
    scheduler = farm("a:0", "a:1")
    instructions = handle(scheduler, Planned(tuple(Task(f"w{n}", "a") for n in range(50))))
    conclusions: dict[str, Conclude] = {}
    tried = 0
    while assigns := assigned(instructions):
        tried += len(assigns)
        instructions = [each for assign in assigns for each in end(scheduler, assign, AttemptResult.REFUSED)]
        conclusions.update({c.task: c for c in instructions if isinstance(c, Conclude)})
    assert tried <= 2 * 2
    assert len(conclusions) == 50
    assert sum(c.resolution is Resolution.REFUSED for c in conclusions.values()) >= 46


def test_a_board_that_refuses_one_key_keeps_the_others() -> None:
    scheduler = farm("a:0")
    [assign] = plan(scheduler, "w", key="a")
    for _ in range(2):
        [assign] = assigned(end(scheduler, assign, AttemptResult.REFUSED)) or [assign]
    [other] = plan(scheduler, "x", key="a too")
    assert end(scheduler, other, AttemptResult.PASSED) == [Conclude("x", Resolution.ENDED, 1)]
    assert handle(scheduler, Planned((Task("y", "a"),))) == [Conclude("y", Resolution.REFUSED)]


def test_boards_that_refused_do_not_count_after_they_are_gone() -> None:
    scheduler = farm("a:0", "a:1", budget=FaultBudget(in_a_row=1, refusals=1))
    first, _ = plan(scheduler, "w", "x")
    end(scheduler, first, AttemptResult.REFUSED)
    handle(scheduler, BoardLost(first.board))
    assert scheduler.roster.able("a") == 1
    handle(scheduler, BoardLost("a:1" if first.board == "a:0" else "a:0"))
    assert scheduler.roster.able("a") == 0
    assert scheduler.done


def test_a_board_with_too_many_faults_is_retired_and_its_late_results_are_ignored() -> None:
    scheduler = farm("a:0", "a:1", batching=Batching(depth=1, share=1, max_tasks=4), budget=FaultBudget(in_a_row=2))
    bad = plan(scheduler, *(f"w{n}" for n in range(16)))[0]
    instructions: list[Instruction] = []
    for _ in range(2):
        instructions = handle(
            scheduler, AttemptEnded(bad.batch, bad.tasks[0][0], AttemptResult.FAULT), BatchEnded(bad.batch)
        )
        if Retire(bad.board) in instructions:
            break
        bad = next(assign for assign in assigned(instructions) if assign.board == bad.board)
    assert Retire(bad.board) in instructions
    assert scheduler.attempt_number(bad.batch, bad.tasks[1][0]) is None
    assert handle(scheduler, AttemptEnded(bad.batch, bad.tasks[1][0], AttemptResult.PASSED), BoardLost(bad.board)) == []


def test_a_board_that_returns_batches_untried_does_not_get_them_forever() -> None:
    scheduler = farm("a:0")
    assigns = plan(scheduler, "w")
    rounds = 0
    while assigns:
        rounds += 1
        assigns = assigned(handle(scheduler, BatchEnded(assigns[0].batch)))
    assert rounds == 3
    assert scheduler.done


def test_when_the_last_board_is_gone_all_work_is_resolved() -> None:
    scheduler = farm("a:0", budget=FaultBudget(in_a_row=1))
    plan(scheduler, "v", "w")
    lost, *rest = handle(scheduler, BoardLost("a:0"))
    assert lost == AttemptLost("v", 1, "a:0")
    assert rest == [Retire("a:0"), Conclude("w", Resolution.LOST), Conclude("v", Resolution.ENDED, 1)]
    assert scheduler.done


def test_a_withdrawn_board_ends_what_runs_and_the_rest_costs_no_attempt() -> None:
    scheduler = farm("a:0", "a:1", batching=Batching(depth=1, share=0.5, max_tasks=2))
    first, second = plan(scheduler, "w0", "w1", "w2", "w3")
    leaving = first if first.board == "a:0" else second
    (ran, _), (rest, _) = leaving.tasks
    assert handle(scheduler, BoardLeaving("a:0")) == [Recall("a:0")]
    instructions = handle(scheduler, AttemptEnded(leaving.batch, ran, AttemptResult.PASSED), BatchEnded(leaving.batch))
    assert instructions == [Conclude(ran, Resolution.ENDED, 1), Release("a:0")]
    assert handle(scheduler, BoardReady("a:0"), BoardLost("a:0")) == []
    staying = second if leaving is first else first
    [again] = assigned(end(scheduler, staying, AttemptResult.PASSED))
    assert again.board == "a:1"
    assert again.tasks == ((rest, 1),), "it was never tried"


def test_a_board_that_left_may_come_back() -> None:
    scheduler = farm("a:0")
    assert handle(scheduler, BoardLeaving("a:0")) == [Release("a:0")]
    handle(scheduler, BoardAdded("a:0", "a"), BoardReady("a:0"))
    [assign] = plan(scheduler, "w")
    assert assign.board == "a:0"


def test_a_board_that_joins_late_gets_work() -> None:
    scheduler = farm("a:0")
    plan(scheduler, "w0", "w1")
    [assign] = assigned(handle(scheduler, BoardAdded("a:1", "a"), BoardReady("a:1")))
    assert assign.board == "a:1"


def test_a_board_that_never_starts_is_given_up() -> None:
    scheduler = farm()
    handle(scheduler, BoardAdded("a:0", "a"))
    plan(scheduler, "w")
    instructions: list[Instruction] = []
    while Retire("a:0") not in instructions:
        instructions = handle(scheduler, BoardLost("a:0"))
    assert Conclude("w", Resolution.LOST) in instructions


def test_a_stop_lets_running_work_end_and_resolves_the_rest() -> None:
    scheduler = farm("a:0", batching=Batching(depth=1, share=1, max_tasks=2))
    [assign] = plan(scheduler, "u", "v", "w")
    assert handle(scheduler, Stopped()) == [Conclude("w", Resolution.STOPPED), Recall("a:0")]
    assert handle(scheduler, AttemptEnded(assign.batch, "u", AttemptResult.PASSED)) == [
        Conclude("u", Resolution.ENDED, 1)
    ]
    assert handle(scheduler, BatchEnded(assign.batch)) == [Conclude("v", Resolution.STOPPED)]
    assert scheduler.done


def test_after_a_stop_nothing_is_retried() -> None:
    scheduler = farm("a:0")
    [assign] = plan(scheduler, "w")
    handle(scheduler, Stopped())
    # a crash that was seen once may be caused by the board, or by the stop itself
    assert handle(scheduler, AttemptEnded(assign.batch, "w", AttemptResult.CRASHED)) == [
        Conclude("w", Resolution.STOPPED)
    ]


def test_an_impossible_event_raises_with_the_last_events() -> None:
    scheduler = farm("a:0")
    with pytest.raises(InvalidTransition, match=r"a:0 was ready before; the last events:(?s:.*)BoardAdded"):
        handle(scheduler, BoardReady("a:0"))
    with pytest.raises(InvalidTransition, match="no board b:7 was added"):
        handle(scheduler, BoardLost("b:7"))
    with pytest.raises(InvalidTransition, match="a:0 was added before"):
        handle(scheduler, BoardAdded("a:0", "a"))
    plan(scheduler, "w")
    with pytest.raises(InvalidTransition, match="task w was planned before"):
        plan(scheduler, "w")
