"""`summary.md`."""

from __future__ import annotations

from farm.core.attempt import Attempt
from farm.core.outcome import Outcome
from farm.core.verdicts import Reason, Verdict
from farm.report import read_context
from farm.report.context import RunContext
from farm.report.forms.summary import MAX_BYTES, MAX_ROWS, cut, summary_md
from farm.store import RunBoard, RunInfo, RunView, Store
from tests.farm.store_helpers import MOCK, Planned, recorded_run


def test_the_summary_of_a_mixed_run(mixed: RunView) -> None:
    text = summary_md(mixed, RunContext())
    assert text.startswith("## 2 of 7 vectors ended well; 3 failed, 1 hit a fault and 1 did not run.\n")
    assert "| 2 | fail_assert_exception | `ttnn.add` (2) | `TT_FATAL: # < #` |" in text
    assert "| 1 | lost_argument | `ttnn.add` (1) | `it can't run without its lost 'conv_config'` |" in text
    assert "`planned 7 = 1 validated + " in text
    assert "No number was computed" in text


def test_it_stays_short_however_many_failed(store: Store) -> None:
    run_id = store.start_run(RunInfo("farm sweep " + "x" * 100_000))
    letters = [chr(ord("a") + at % 26) * (at // 26 + 1) for at in range(300)]
    store.plan(run_id, [Planned(name, f"ttnn.{name}" * 500, lost=(name * 999,)) for name in letters])
    store.record(
        run_id,
        [Attempt(1, "b", Outcome(name, Verdict.FAIL_WATCHER, message=f"{name} " + "`" * 50_000)) for name in letters],
    )
    for at in range(60):
        store.board(run_id, RunBoard(type(MOCK)(f"mock:{at}" * 999, "mock", MOCK.kind)))
    text = summary_md(store.view(run_id), RunContext())
    assert len(text.encode()) < 1024 * 1024
    assert f"report.json has {300 - MAX_ROWS} more rows." in text


def test_a_long_summary_is_cut_and_says_so() -> None:
    text = cut(["head", *("x" * 1000 for _ in range(5000))])
    assert len(text.encode()) <= MAX_BYTES
    assert text.startswith("head\n")
    assert "Cut here" in text.splitlines()[-1]
    assert cut(["a", "b"]) == "a\n\nb\n"


def test_the_summary_of_the_worst_run_fits(store: Store) -> None:
    words = ["alpha", "beta", "gamma", "delta"]
    endings = [
        (
            Verdict.FAIL_WATCHER,
            Reason.NONE,
            f"{words[at % 4]}{chr(97 + at // 26)}{chr(97 + at % 26)} " + "\u4e16|`" * 30_000,
        )
        for at in range(60)
    ]
    text = summary_md(store.view(recorded_run(store, endings)), RunContext())
    assert len(text.encode()) < 1024 * 1024


def test_the_summary_says_what_changed(store: Store) -> None:
    recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, "")] * 2, started=1_600_000_000.0)
    run_id = recorded_run(store, [(Verdict.VALIDATED, Reason.NONE, ""), (Verdict.FAIL_WATCHER, Reason.NONE, "x")])
    view = store.view(run_id)
    assert "1 broken" in summary_md(view, read_context(store, view))
