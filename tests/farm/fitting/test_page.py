"""The report of a fit: page, JSON and terminal."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from farm.core.verdicts import Reason, Verdict
from farm.fitting.fits import Fit
from farm.fitting.page import FIT_FILES, fit_html
from farm.fitting.report import ConfigurationFit, FitReport, KindRun, OnKind
from farm.fitting.terminal import print_fit
from tests.farm.browser import chromium, console_messages, serious

HOSTILE = "<script>alert(1)</script> \x1b[31m\u202e &amp;"
KINDS = ("n150", "p150")


def on(fit: Fit, detail: str = "", missing: int | None = None) -> OnKind:
    verdict = Verdict.FAIL_L1_OUT_OF_MEM if fit.misfit else Verdict.VALIDATED
    return OnKind(
        fit=fit,
        detail=detail,
        missing_bytes=missing,
        peak_l1_bytes=1536 if fit is Fit.ACCEPTED else None,
        verdict=verdict,
        reason=Reason.NONE,
        message=detail,
        inexact=[],
    )


def configuration(number: int, *ons: OnKind, operation: str = "ttnn.conv2d") -> ConfigurationFit:
    return ConfigurationFit(
        vector_id=f"{number:016x}",
        operation=operation,
        sources=["models/resnet.py::test_one", f"models/{HOSTILE}"],
        kinds=dict(zip(KINDS, ons, strict=True)),
        configuration=["arg0 (input): Tensor(shape=(1, 32))", HOSTILE],
    )


REPORT = FitReport(
    master="master.json",
    kinds=[
        KindRun(kind=kind, architecture=HOSTILE, chips=1, run="20261129-120000-aaaaaa", ttnn=ttnn)
        for kind, ttnn in zip(KINDS, ("0.81.1", None), strict=True)
    ],
    configurations=[
        *(
            configuration(number, on(Fit.L1, f"grow to {number} B {HOSTILE}", number), on(Fit.ACCEPTED))
            for number in range(1, 61)
        ),
        *(configuration(100 + number, on(fit, "why"), on(fit, "why")) for number, fit in enumerate(Fit)),
        configuration(200, on(Fit.ACCEPTED), on(Fit.ACCEPTED), operation=f"ttnn.{HOSTILE}"),
    ],
)


def test_everything_hostile_is_escaped() -> None:
    page = fit_html(REPORT)
    assert page.count("<script") == 1
    assert "&lt;script&gt;alert(1)" in page
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_the_page_needs_no_other_file_and_no_network() -> None:
    page = fit_html(REPORT)
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")


def test_alike_configurations_are_one_group() -> None:
    page = fit_html(REPORT)
    assert '<b class="count">60</b>' in page
    assert "by 1 to 60 B on a core" in page
    assert "10 more: the JSON has them all." in page
    assert "67 of 68" in page


def test_the_json_has_everything(tmp_path: Path) -> None:
    _, path = FIT_FILES.write(REPORT, tmp_path / "out")
    raw = json.loads(path.read_text(encoding="utf-8"))
    assert raw == json.loads(FIT_FILES.json(REPORT))
    assert raw["version"] == 1
    assert raw["counts"]["n150"]["l1"] == 61
    assert raw["models"]["models/resnet.py::test_one"]["p150"]["accepted"] == 62
    assert raw["configurations"][0]["kinds"]["n150"]["missing_bytes"] == 1
    assert (tmp_path / "out" / "fit.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_terminal_shows_the_matrix_and_the_reasons() -> None:
    stream = io.StringIO()
    print_fit(Console(file=stream, width=120), REPORT, [Path("fit.html")])
    text = stream.getvalue()
    assert "70 configurations: no kind fits all; 67 don't fit n150" in text
    assert "models/resnet.py::test_one" in text
    assert "67 of 69" in text
    assert "60 ttnn.conv2d doesn't fit L1 by 1 to 60 B on a core on n150, such as 0000000000000001" in text
    assert "\x1b" not in text
    assert "fit.html" in text


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (390, True)])
def test_the_page_in_a_browser(tmp_path: Path, width: int, *, dark: bool) -> None:
    path = tmp_path / "fit.html"
    path.write_text(fit_html(REPORT), encoding="utf-8")
    with chromium(tmp_path / "profile", width, dark=dark) as browser:
        browser.get(path.as_uri())
        assert browser.title == "What fits n150, p150"
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        shown = "return [...document.querySelectorAll('.group')].filter((each) => !each.hidden).length"
        groups = browser.execute_script(shown)
        assert groups == len(REPORT.groups())
        browser.execute_script(
            "const kind = document.getElementById('kind'); kind.value = 'p150'; kind.dispatchEvent(new Event('input'))"
        )
        assert browser.execute_script(shown) == groups - 1  # all but the sixty
        browser.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        assert serious(browser) == []
        assert console_messages(browser) == []
