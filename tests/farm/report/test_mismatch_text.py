"""What reports show of wrong numbers."""

from __future__ import annotations

import json
from pathlib import Path

from farm.core.mismatch import Excerpt, Mismatch
from farm.core.outcome import Outcome
from farm.core.verdicts import Verdict
from farm.report.context import RunContext
from farm.report.forms.junit import junit
from farm.report.mismatch_text import excerpt_rows, mismatch_facts
from farm.report.page.details import vector_details
from farm.store import Store
from tests.farm.report.mismatches import failed_comparison
from tests.farm.report.page.recorded import run_of

FAILED = failed_comparison()
MESSAGE = (
    "11 of 4,096 elements (0.3 %) are off by more than 2 ULP and 1 is NaN for a number, all in tile (0, 1); "
    "worst at [0, 0, 5, 40]: nan for -0.824176; tolerance 'elementwise arithmetic'"
)


def test_the_message_is_a_line_that_a_person_understands() -> None:
    assert FAILED.message == MESSAGE
    docs = Path(__file__).parents[3] / "docs" / "verdicts.md"
    assert f"\n{MESSAGE}\n" in docs.read_text(encoding="utf-8")


def test_the_facts_of_a_mismatch() -> None:
    assert FAILED.mismatch is not None
    facts = dict(mismatch_facts(FAILED.mismatch))
    assert facts["wrong elements"] == "12 of 4,096 (0.3%)"
    assert facts["first"] == "[0, 0, 5, 33]: 3.25 for -0.827595"
    assert facts["worst"] == "[0, 0, 5, 40]: nan for -0.824176"
    assert facts["largest errors"] == "4.07759 absolute, 4.9527 relative, 1043.86 ULP"
    assert facts["off by up to"] == "2048 ULP: 11"
    assert facts["not finite"] == "1 NaN for a number"
    assert facts["where"] == "all in tile (0, 1)"
    assert facts["tiles"] == "1 of 4: (0, 1) 1.2%"
    assert facts["seed of the inputs"] == "0"
    assert "output" not in facts
    assert "chip" not in facts


def test_the_numbers_around_the_worst_element() -> None:
    assert FAILED.mismatch is not None
    rows = excerpt_rows(FAILED.mismatch)
    assert len(rows) == 32
    worst = next(row for row in rows if row.index == "[0, 0, 5, 40]")
    assert (worst.expected, worst.actual, worst.error) == ("-0.824176", "nan", "")
    indices = [row.index for row in excerpt_rows(Mismatch(6, 1, (2, 3), excerpt=Excerpt((0, 2), (1, 2), (1, 9))))]
    assert indices == ["[0, 2]", "[1, 0]"]
    assert excerpt_rows(Mismatch(1, 1)) == []


def test_reports_and_the_store_keep_it(store: Store) -> None:
    view = run_of(store, [FAILED, Outcome("v1", Verdict.PASS, tolerance="bit by bit")])
    outcomes = [vector.history[-1].outcome(vector.vector_id) for vector in view.vectors]
    assert [each.tolerance for each in outcomes] == ["elementwise arithmetic", "bit by bit"]
    assert outcomes[1].mismatch is None
    assert outcomes[0].mismatch is not None
    assert FAILED.mismatch is not None
    assert outcomes[0].mismatch.as_json() == FAILED.mismatch.as_json()  # NaNs are not equal otherwise
    shown = json.loads(view.model_dump_json())["vectors"][0]["history"][0]["details"]
    assert (shown["tolerance"], shown["mismatch"]["mismatched"]) == ("elementwise arithmetic", 12)
    details = vector_details(view, RunContext())
    texts, vectors = details["texts"], details["vectors"]
    assert [texts[vectors[name]["tolerance"]] for name in ("v0", "v1")] == ["elementwise arithmetic", "bit by bit"]
    assert vectors["v1"]["mismatch"] is None
    xml = junit(view)
    assert "\nwhere: all in tile (0, 1)" in xml
    assert '<property name="tolerance" value="bit by bit" />' in xml
