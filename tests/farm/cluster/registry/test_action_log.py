"""The log of who did what."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from farm.cluster.registry import action_log
from farm.cluster.registry.action_log import Action, ActionKind, ActionLog


def action(name: str, detail: str = "") -> Action:
    return Action(at=1.0, who="ann@lab", action=ActionKind.HOLD, name=name, detail=detail)


def test_it_keeps_what_was_done_in_order(tmp_path: Path) -> None:
    path = tmp_path / "state" / "actions.jsonl"
    assert ActionLog(path).last(10) == []
    for name in ("a", "b", "c"):
        ActionLog(path).record(action(name, "fan\nnoise"))
    assert [each.name for each in ActionLog(path).last(2)] == ["b", "c"]
    assert ActionLog(path).last(1) == [action("c", "fan\nnoise")]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_torn_line_costs_no_other(tmp_path: Path) -> None:
    path = tmp_path / "actions.jsonl"
    ActionLog(path).record(action("a"))
    with path.open("ab") as file:
        file.write(b'{"at": 1.0, "who": "ann')
    ActionLog(path).record(action("b"))
    assert [each.name for each in ActionLog(path).last(10)] == ["a", "b"]


def test_no_action_fails_for_its_record(tmp_path: Path) -> None:
    blocked = tmp_path / "file" / "actions.jsonl"
    blocked.parent.write_text("")
    log = ActionLog(blocked)
    log.record(action("a"))
    assert log.trouble.startswith(f"actions are not logged: {blocked}: ")
    blocked.parent.unlink()
    log.retry()
    assert (log.last(10), log.trouble) == ([action("a")], ""), "it is written once it can be"
    log = ActionLog(tmp_path / "actions.jsonl")
    log.record(action("\udcff" * 2000, "x" * 10_000))
    [kept] = log.last(10)
    assert (len(kept.name), len(kept.detail), log.trouble) == (1000, 1000, "")


def test_no_password_gets_into_it(tmp_path: Path) -> None:
    log = ActionLog(tmp_path / "actions.jsonl")
    log.record(action("run", "farm sweep --store postgresql://ann:hunter22@db/farm"))
    assert "hunter22" not in (tmp_path / "actions.jsonl").read_text()


def test_a_large_file_is_renamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_log, "LARGEST_BYTES", 10)
    log = ActionLog(tmp_path / "actions.jsonl")
    log.record(action("a"))
    log.record(action("b"))
    assert [each.name for each in log.last(10)] == ["b"]
    assert [each.name for each in ActionLog(tmp_path / "actions.1.jsonl").last(10)] == ["a"]


def test_two_processes_rename_a_large_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "actions.jsonl"
    ActionLog(path).record(action("old"))
    monkeypatch.setattr(action_log, "LARGEST_BYTES", 10)
    rename, threads = Path.replace, list[threading.Thread]()

    def rename_slowly(source: Path, target: Path) -> Path:
        if not threads:
            threads.append(threading.Thread(target=ActionLog(path).record, args=[action("other")]))
            threads[0].start()
            threads[0].join(0.5)  # it ends if nothing keeps it from writing
            monkeypatch.setattr(action_log, "LARGEST_BYTES", 10_000)
        return rename(source, target)

    monkeypatch.setattr(Path, "replace", rename_slowly)
    ActionLog(path).record(action("own"))
    threads[0].join()
    assert [each.name for each in ActionLog(path.with_suffix(".1.jsonl")).last(9)] == ["old"]
    assert sorted(each.name for each in ActionLog(path).last(9)) == ["other", "own"]
