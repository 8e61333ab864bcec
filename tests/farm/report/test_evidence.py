"""Verdicts that don't follow from recorded attempts are found."""

from __future__ import annotations

import pytest

from farm.core.attempt import Conclusion
from farm.core.verdicts import Reason, Verdict
from farm.report.evidence import unfounded_vectors
from farm.store import Store
from tests.farm.store_helpers import attempt, recorded_run

ENDINGS = [
    (Verdict.VALIDATED, Reason.NONE, ""),
    (Verdict.FAIL_CRASH_HANG, Reason.CRASH, "signal 11"),
    (Verdict.NOT_RUN, Reason.STOPPED, ""),
]


@pytest.mark.parametrize(
    ("conclusion", "is_founded"),
    [
        (Conclusion("v0", Verdict.VALIDATED), True),
        (Conclusion("v0", Verdict.PASS), False),
        (Conclusion("v0", Verdict.FLAKY, Reason.CRASH), False),  # one attempt
        (Conclusion("v1", Verdict.FAIL_CRASH_HANG, Reason.HANG), False),
        (Conclusion("v1", Verdict.FLAKY, Reason.CRASH), False),  # none ended well
        (Conclusion("v2", Verdict.VALIDATED), False),
        (Conclusion("v2", Verdict.BOARD_FAULT, Reason.OPEN_FAILED), True),  # no board was opened
        (Conclusion("v2", Verdict.FAIL_ASSERT_EXCEPTION, Reason.BROKEN_MODULE), True),
    ],
)
def test_a_verdict_follows_from_attempts(conclusion: Conclusion, is_founded: bool, store: Store) -> None:
    run_id = recorded_run(store, ENDINGS)
    assert not unfounded_vectors(store.view(run_id))
    store.conclude(run_id, [conclusion])
    names = [each.vector_id for each in unfounded_vectors(store.view(run_id))]
    assert names == ([] if is_founded else [conclusion.vector_id])


def test_a_flaky_vector_has_a_good_attempt_and_another(store: Store) -> None:
    run_id = recorded_run(store, ENDINGS)
    store.record(run_id, [attempt("v1", number=2)], [Conclusion("v1", Verdict.FLAKY, Reason.CRASH)])
    assert not unfounded_vectors(store.view(run_id))
