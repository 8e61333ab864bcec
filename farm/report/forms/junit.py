"""A run as JUnit XML, as GitHub, GitLab and Jenkins read it: one suite per operation, one case per vector.

A failed vector is a failure, a fault of board, host or farm is an error, and a vector that was not run is skipped.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from farm.core.verdicts import Category, Verdict
from farm.report.context import RunContext
from farm.report.digest import meaning_of_validated
from farm.report.mismatch_text import mismatch_facts
from farm.report.rerun import rerun_command
from farm.report.text import first_line, printable, shortened
from farm.store.view import RunView, VectorView

_ELEMENTS = {Category.FAILED: "failure", Category.FAULT: "error", Category.NOT_RUN: "skipped"}
"""The element of a test case that did not pass."""


class JUnit:
    """`junit.xml`."""

    def file_name(self, view: RunView) -> str:  # noqa: ARG002 - the protocol's signature
        """See `ReportForm`."""
        return "junit.xml"

    def parts(self, view: RunView, context: RunContext) -> Iterator[str]:  # noqa: ARG002 - the protocol's signature
        """See `ReportForm`."""
        yield junit(view)


def junit(view: RunView) -> str:
    """Return the XML text."""
    suites: dict[str, list[VectorView]] = defaultdict(list)
    for vector in view.vectors:
        suites[vector.operation].append(vector)
    root = Element("testsuites", {"name": f"farm {first_line(view.run.id)}", **_totals(view.vectors)})
    for operation, vectors in sorted(suites.items()):
        suite = SubElement(root, "testsuite", {"name": first_line(operation), **_totals(vectors)})
        suite.set("timestamp", f"{view.run.started:%Y-%m-%dT%H:%M:%S}")
        suite.set("hostname", first_line(view.run.host))
        properties = {"ttnn": view.run.ttnn_version or "unknown", "farm": view.run.farm_version}
        if any(vector.verdict is Verdict.VALIDATED for vector in vectors):
            properties["validated"] = meaning_of_validated(view.run.boards)
        _add_properties(suite, properties)
        for vector in vectors:
            _add_case(suite, vector, rerun_command(view.run, [vector.vector_id], foreground=True))
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _totals(vectors: list[VectorView]) -> dict[str, str]:
    return {
        "tests": str(len(vectors)),
        "failures": str(sum(vector.verdict.failed for vector in vectors)),
        "errors": str(sum(vector.verdict.fault for vector in vectors)),
        "skipped": str(sum(vector.verdict.category is Category.NOT_RUN for vector in vectors)),
        "time": f"{sum(vector.seconds for vector in vectors):.3f}",
    }


def _add_case(suite: Element, vector: VectorView, command: str) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=first_line(vector.operation),
        name=first_line(vector.vector_id),
        time=f"{vector.seconds:.3f}",
    )
    properties = {"verdict": vector.verdict.value, "config_hash": vector.config_hash}
    if vector.board is not None:
        properties["board"] = vector.board
    if vector.ttnn_version is not None:
        properties["ttnn"] = vector.ttnn_version
    if vector.inexact:
        properties["inexact"] = ", ".join(vector.inexact)
    last = vector.history[-1].outcome(vector.vector_id) if vector.history else None
    if last is not None and last.tolerance:
        properties["tolerance"] = last.tolerance
    _add_properties(case, properties)
    tag = _ELEMENTS.get(vector.verdict.category)
    if tag is None:
        return
    kind = f"{vector.verdict.value}: {vector.reason.value}" if vector.reason.value else vector.verdict.value
    result = SubElement(case, tag, type=kind, message=shortened(first_line(vector.message or kind), 500))
    result.text = printable(vector.message)
    if last is not None and last.mismatch is not None:
        result.text += "".join(f"\n{name}: {text}" for name, text in mismatch_facts(last.mismatch))
    if vector.verdict.failed:
        result.text += f"\nRun it again: {command}"


def _add_properties(parent: Element, properties: dict[str, str]) -> None:
    under = SubElement(parent, "properties")
    for name, value in properties.items():
        SubElement(under, "property", name=name, value=first_line(value))
