"""The last lines of boards' logs, in every form that shows them."""

from __future__ import annotations

import io
import json
from pathlib import Path

from rich.console import Console

from farm.core.log import BoardLog
from farm.report import print_summary, read_context, write_report
from farm.store import RunView, Store, log_event
from tests.farm.store_helpers import recorded_run


def a_run(folder: Path) -> RunView:
    with Store.open(folder / "farm.db") as store:
        run_id = recorded_run(store, [])
        board = store.view(run_id).run.boards[0].id
        log = BoardLog("/data/runs/r/logs/b.log", "one\n<b>two</b>\x1b[2J", "ttnn | printed this")
        store.record(run_id, events=[log_event(board, log)])
        return store.view(run_id)


def test_a_view_has_the_log_apart_from_events(tmp_path: Path) -> None:
    [board, *_] = a_run(tmp_path).run.boards
    assert board.log is not None
    assert board.log.tail.startswith("one\n")
    assert not any(event.kind.value == "log" for event in board.events)


def test_reports_show_or_name_the_log(tmp_path: Path) -> None:
    view = a_run(tmp_path)
    with Store.open(tmp_path / "farm.db") as store:
        page, data = write_report(view, tmp_path, ["html", "json"], read_context(store, view))
    html = page.read_text(encoding="utf-8")
    assert "/data/runs/r/logs/b.log" in html
    assert "&lt;b&gt;two&lt;/b&gt;" in html
    assert "\x1b" not in html
    assert "ttnn | printed this" in html
    boards = json.loads(data.read_text(encoding="utf-8"))["run"]["boards"]
    assert boards[0]["log"]["output"] == "ttnn | printed this"
    printed = io.StringIO()
    print_summary(Console(file=printed, width=200), view)
    assert "/data/runs/r/logs" in printed.getvalue()
