"""A failure after another vector left something behind in its process is seen again in a new one before it counts."""

from __future__ import annotations

import pytest

from farm.board.backends.fake import Act, Script
from farm.board.process_history import REPEATS, ProcessHistory
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from tests.farm.board.supervised import ONE, VALIDATED, ends, fake, fake_supervisor, outcomes_of, report_lines, run
from tests.farm.payloads import encoded_vector

FAILED = Verdict.FAIL_ASSERT_EXCEPTION


def outcome(name: str, verdict: Verdict = Verdict.VALIDATED, *left_behind: str) -> Outcome:
    return Outcome(name, verdict, left_behind=left_behind)


@pytest.mark.parametrize("act", [Act.FAIL, Act.FAULT, Act.CRASH, Act.HANG])
def test_a_victim_of_another_vector_is_not_blamed(act: Act) -> None:
    supervisor = fake_supervisor(Script(acts={"a": (Act.LEAVE,), "b": (act, Act.PASS)}))
    outcomes = run(supervisor, "a", "b", "c")
    assert [each.vector_id for each in outcomes] == ["a", "b", "c"]
    assert ends(outcomes) == [VALIDATED] * 3
    assert [each.measuring_notes for each in outcomes] == [
        (),
        ("failed first in a process in which a had left environment variables behind",),
        (),
    ]
    assert fake(supervisor).runs == {"a": 1, "b": 2, "c": 1}


def test_a_failed_check_is_seen_again_before_the_board_is_blamed() -> None:
    supervisor = fake_supervisor(Script(acts={"a": (Act.LEAVE,), "b": (Act.FAIL,)}, checks=(True, False, True)))
    reports = report_lines(supervisor.run(ONE, [encoded_vector(name) for name in "abc"]))
    assert [line for line in reports if ":" in line] == ["a: validated", "b: fail_assert_exception", "c: validated"]
    assert not [line for line in reports if line.startswith(("suspect", "bad"))]


def test_a_failure_of_its_own_counts() -> None:
    for acts in ({"b": (Act.FAIL,)}, {"a": (Act.LEAVE,), "b": (Act.FAIL,)}, {"b": (Act.CRASH,)}):
        supervisor = fake_supervisor(Script(acts=acts))
        outcomes = outcomes_of(supervisor.run(ONE, [encoded_vector(name) for name in "abc"]))
        assert [each.verdict.failed for each in outcomes] == [False, True, False]
        assert fake(supervisor).runs["b"] == 1 + ("a" in acts)


def test_failures_that_were_seen_again_often_enough_are_believed() -> None:
    history = ProcessHistory()
    for number in range(REPEATS):
        history.note(encoded_vector("leaver"), outcome("leaver", Verdict.PASS, "a thread"))
        vector, failure = encoded_vector(f"failing {number}"), outcome(f"failing {number}", FAILED)
        assert history.doubts(vector, failure)
        assert not history.doubts(vector, failure), "it runs again once"
        history.begin_process()
        assert history.note(vector, failure) == failure
    history.note(encoded_vector("leaver"), outcome("leaver", Verdict.PASS, "a thread"))
    assert not history.doubts(encoded_vector("failing"), outcome("failing", FAILED))


def test_only_what_blames_a_vector_or_the_board_is_doubted() -> None:
    history = ProcessHistory()
    history.note(encoded_vector("leaver"), outcome("leaver", Verdict.PASS, "a thread"))
    for verdict in (Verdict.PASS, Verdict.NOT_RUN, Verdict.HOST_FAULT, Verdict.XFAIL):
        assert not history.doubts(encoded_vector("a"), outcome("a", verdict))
    history.begin_process()
    assert not history.doubts(encoded_vector("a"), outcome("a", FAILED))


def test_what_was_left_behind_is_recorded() -> None:
    left = Outcome("a", Verdict.PASS, Reason.NONE, left_behind=("the umask", "ttnn.add"))
    assert Outcome.from_json(left.as_json()) == left
