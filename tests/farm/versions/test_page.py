"""The report of an upgrade: page, JSON and terminal."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from farm.core.errors import FarmError
from farm.core.verdicts import Reason, Verdict
from farm.versions.changes import Change
from farm.versions.page import UPGRADE_FILES, upgrade_html
from farm.versions.report import ConfigurationChange, Ended, RunUnder, SignatureChange, UpgradeReport
from farm.versions.terminal import print_upgrade
from tests.farm.browser import chromium, console_messages, serious

HOSTILE = "<script>alert(1)</script> \x1b[31m\u202e &amp;"


def change(number: int, kind: Change, detail: str = "", operation: str = "ttnn.mean") -> ConfigurationChange:
    verdict = Verdict.FAIL_ASSERT_EXCEPTION if kind.breaks else Verdict.VALIDATED
    return ConfigurationChange(
        vector_id=f"{number:016x}",
        operation=operation,
        change=kind,
        detail=detail,
        sources=["models/demos/resnet.py::test_one", f"models/{HOSTILE}"],
        before=Ended(verdict=Verdict.VALIDATED, reason=Reason.NONE, message="", inexact=[]),
        after=Ended(verdict=verdict, reason=Reason.NONE, message=detail, inexact=["conv_config"]),
        configuration=["arg0 (input): Tensor(shape=(1, 32))", HOSTILE],
    )


def report(changes: list[ConfigurationChange], *, computes: bool = False) -> UpgradeReport:
    old, new = (
        RunUnder(
            name=version,
            ttnn=version,
            python=f"/cache/{version}/bin/python",
            run=f"20261128-12000{place}-aaaaaa",
            boards=["mock:n300:0"],
            computes=computes,
        )
        for place, version in enumerate(("0.66.0", "0.81.1"))
    )
    return UpgradeReport(old=old, new=new, master="master.json", configurations=changes, signatures=[SIGNATURE])


SIGNATURE = SignatureChange(operation="ttnn.topk", gone=[f"out is gone {HOSTILE}"], new=["stable", "output_tensor"])
CHANGES = [
    *(change(number, Change.REFUSED_NOW, f"TT_FATAL: {number} shards {HOSTILE}") for number in range(60)),
    change(70, Change.OUTPUT_CHANGED, "dtype BFLOAT16 → BFLOAT8_B"),
    change(80, Change.NOT_JUDGED, "lost argument: conv_config", operation=f"ttnn.{HOSTILE}"),
    *(change(number, kind) for number, kind in enumerate(Change, 90)),
]


def test_everything_hostile_is_escaped() -> None:
    page = upgrade_html(report(CHANGES))
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_the_page_needs_no_other_file_and_no_network() -> None:
    page = upgrade_html(report(CHANGES))
    assert "default-src 'none'" in page
    assert "http" not in page.replace("http-equiv", "")


def test_alike_changes_are_one_group_of_which_some_are_shown() -> None:
    page = upgrade_html(report(CHANGES))
    assert '<b class="count">60</b>' in page
    assert "10 more: the JSON has them all." in page


def test_calls_that_are_passed_otherwise_are_shown() -> None:
    otherwise = change(1, Change.ACCEPTED_BY_BOTH, "passed otherwise now: arg3: left out")
    assert "passed otherwise now: arg3" in upgrade_html(report([otherwise]))
    assert "passed otherwise</h2>" not in upgrade_html(report([change(1, Change.ACCEPTED_BY_BOTH)]))


def test_a_report_says_whether_numbers_were_computed() -> None:
    words = "No numbers were computed."
    assert words in upgrade_html(report(CHANGES))
    assert words not in upgrade_html(report(CHANGES, computes=True))


def test_the_json_has_everything(tmp_path: Path) -> None:
    _, path = UPGRADE_FILES.write(report(CHANGES), tmp_path / "out")
    raw = json.loads(path.read_text(encoding="utf-8"))
    assert raw == json.loads(UPGRADE_FILES.json(report(CHANGES)))
    assert raw["counts"]["refused_now"] == 61
    assert sum(raw["counts"].values()) == len(raw["configurations"]) == len(CHANGES)
    assert raw["models"]["models/demos/resnet.py::test_one"]["refused_now"] == 61
    assert (tmp_path / "out" / "upgrade.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FarmError, match="can't be created"):
        UPGRADE_FILES.write(report(CHANGES), tmp_path / "file" / "out")


def test_the_terminal_groups_alike_changes() -> None:
    stream = io.StringIO()
    print_upgrade(Console(file=stream, width=100), report(CHANGES), [Path("upgrade.html")])
    text = stream.getvalue()
    assert "From ttnn 0.66.0 to 0.81.1: 61 refused now, 1 argument renamed or gone, 2 output spec changed" in text
    assert "60 refused now  ttnn.mean, such as 0000000000000000" in text
    assert "  ttnn.topk: out is gone" in text
    assert "\x1b" not in text
    assert "upgrade.html" in text
    assert "2 output spec changed, 1 accepted only now" in text


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_the_page_in_a_browser(tmp_path: Path, width: int, *, dark: bool) -> None:
    path = tmp_path / "upgrade.html"
    path.write_text(upgrade_html(report(CHANGES)), encoding="utf-8")
    with chromium(tmp_path / "profile", width, dark=dark) as browser:
        browser.get(path.as_uri())
        assert browser.title == "ttnn 0.66.0 → 0.81.1"
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        browser.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        assert serious(browser) == []
        assert console_messages(browser) == []
