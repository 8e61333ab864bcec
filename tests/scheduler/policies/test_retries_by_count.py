"""Retry policies: decisions on sequences of attempts, without a scheduler."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler import AttemptResult, PastAttempt, Resolution
from scheduler.policies import RETRY_POLICIES, RetriesByCount, retry_policy

PASSED, FAILED, CRASHED, KILLED = (
    AttemptResult.PASSED,
    AttemptResult.FAILED,
    AttemptResult.CRASHED,
    AttemptResult.KILLED,
)
FAULT, UNTRUSTED, NOT_RUNNABLE = AttemptResult.FAULT, AttemptResult.UNTRUSTED, AttemptResult.NOT_RUNNABLE


def attempts(*results: AttemptResult) -> list[PastAttempt]:
    return [PastAttempt(f"board:{number}", result) for number, result in enumerate(results)]


@pytest.mark.parametrize(
    ("results", "decision"),
    [
        ((PASSED,), (Resolution.ENDED, 1)),
        ((FAILED,), (Resolution.ENDED, 1)),
        ((NOT_RUNNABLE,), (Resolution.ENDED, 1)),
        ((CRASHED,), None),
        ((CRASHED, CRASHED), (Resolution.ENDED, 2)),
        ((KILLED, KILLED), None),
        ((KILLED, CRASHED, KILLED), (Resolution.ENDED, 3)),
        ((CRASHED, PASSED), (Resolution.FLAKY, 2)),
        ((UNTRUSTED, PASSED), (Resolution.FLAKY, 2)),
        ((FAULT, PASSED), (Resolution.ENDED, 2)),
        ((FAULT, FAULT), None),
        ((FAULT, FAULT, FAULT), (Resolution.ENDED, 3)),
        ((FAULT, FAILED), (Resolution.ENDED, 2)),
        ((CRASHED, FAULT, FAULT, FAULT), (Resolution.ENDED, 4)),
    ],
)
def test_decisions(results: tuple[AttemptResult, ...], decision: tuple[Resolution, int] | None) -> None:
    assert RetriesByCount().decide(attempts(*results)) == decision


def test_retries_of_a_run() -> None:
    assert retry_policy() == RetriesByCount()
    assert retry_policy(0).decide(attempts(CRASHED)) == (Resolution.ENDED, 1)
    assert retry_policy(1).decide(attempts(FAILED)) is None
    assert retry_policy(1).decide(attempts(FAILED, FAILED)) == (Resolution.ENDED, 2)


def test_forgiven_attempts_do_not_count_against_a_task() -> None:
    assert RetriesByCount().decide(attempts(FAULT, FAULT, FAULT), forgiven=2) is None


def test_giving_up_blames_a_task_only_for_what_was_seen_often_enough() -> None:
    assert RetriesByCount().give_up(attempts(CRASHED)) is None
    assert RetriesByCount().give_up(attempts(FAULT)) == (Resolution.ENDED, 1)
    assert RetriesByCount().give_up(attempts(FAILED, FAULT)) == (Resolution.ENDED, 1)


@pytest.mark.parametrize("retries", [None, 0, 3])
@pytest.mark.parametrize("name", RETRY_POLICIES)
@given(results=st.lists(st.sampled_from(AttemptResult), min_size=1, max_size=40))
def test_every_policy_ends_and_names_an_attempt(name: str, retries: int | None, results: list[AttemptResult]) -> None:
    policy = retry_policy(retries, name)
    passed = policy.decide(attempts(*results[:-1], PASSED))
    assert passed is not None
    assert passed.attempt == len(results), "an attempt that passed stands for the task"
    for decision in (policy.decide(attempts(*results)), policy.give_up(attempts(*results))):
        assert decision is None or 1 <= decision.attempt <= len(results)
    last = results[-1]
    assert policy.decide(attempts(*[last] * 20)) is not None, "no work is tried for ever"
