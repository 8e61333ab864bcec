"""`junit.xml`."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from farm.core.errors import ExitCode
from farm.core.verdicts import Reason, Verdict
from farm.report import exit_code
from farm.report.digest import NO_NUMBERS
from farm.report.forms.junit import junit
from farm.store import RunInfo, RunView, Store
from tests.farm.store_helpers import Planned, recorded_run


def test_elements_of_failures_faults_and_vectors_not_run(mixed: RunView) -> None:
    root = ET.fromstring(junit(mixed))  # noqa: S314 - our own
    (suite,) = root
    for element in (root, suite):
        assert [element.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["7", "3", "1", "1"]
    assert (suite.get("name"), suite.get("timestamp")) == ("ttnn.add", "2023-11-14T22:13:20")
    tags = [[child.tag for child in case if child.tag != "properties"] for case in suite.iter("testcase")]
    assert tags == [[], ["failure"], ["failure"], ["failure"], ["error"], ["skipped"], []]
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("fail_assert_exception: exception", "TT_FATAL: 3 < 4")
    assert suite.find(f"properties/property[@name='validated'][@value=\"{NO_NUMBERS}\"]") is not None


def test_one_suite_per_operation(store: Store) -> None:
    run_id = store.start_run(RunInfo("farm sweep"))
    store.plan(run_id, [Planned("a", "ttnn.mul"), Planned("b", "ttnn.add"), Planned("c", "ttnn.mul")])
    root = ET.fromstring(junit(store.view(run_id)))  # noqa: S314 - our own
    suites = [(suite.get("name"), [case.get("name") for case in suite.iter("testcase")]) for suite in root]
    assert suites == [("ttnn.add", ["b"]), ("ttnn.mul", ["a", "c"])]


def test_totals_agree_with_the_exit_code(store: Store) -> None:
    for verdict in Verdict:
        view = store.view(recorded_run(store, [(verdict, Reason.NONE, "")]))
        root = ET.fromstring(junit(view))  # noqa: S314 - our own
        bad = {"failures": ExitCode.TEST_FAILED, "errors": ExitCode.NOT_RUN, "skipped": ExitCode.NOT_RUN}
        code_of_totals = next((code for name, code in bad.items() if root.get(name) == "1"), ExitCode.GOOD)
        assert exit_code(view.counts) is code_of_totals
