"""Whatever a board says is stored: any text, numbers that are none, details that are no JSON, endless messages."""

from __future__ import annotations

import math

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farm.core.attempt import Attempt
from farm.core.outcome import Outcome
from farm.core.verdicts import Verdict
from farm.store import RunInfo, Store
from farm.store.columns import LONGEST
from tests.farm.store_helpers import Planned, attempt


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

    def test_numbers_that_json_lacks(self, store: Store) -> None:
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

    def test_details_that_json_lacks(self, store: Store) -> None:
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

    def test_an_endless_message_keeps_both_ends(self, store: Store) -> None:
        run_id = store.start_run(RunInfo("farm sweep"))
        store.plan(run_id, [Planned("a")])
        store.record(run_id, [attempt("a", message="begin" + "x" * (3 * LONGEST) + "end")])
        message = store.view(run_id).vectors[0].message
        assert len(message) < LONGEST + 100
        assert message.startswith("begin")
        assert message.endswith("end")
        assert f"{2 * LONGEST + 8} characters left out" in message
