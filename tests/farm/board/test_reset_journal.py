"""The file of a host's resets."""

from __future__ import annotations

from pathlib import Path

from farm.board.reset_journal import FILE, ResetJournal


def test_resets_are_read_back_with_their_ends(tmp_path: Path) -> None:
    journal = ResetJournal(tmp_path)
    assert journal.resets() == []
    first = journal.begin("a", "tt-smi", ["tt-smi", "-r", "0"])
    second = journal.begin("a", "tt-umd", ["python"])
    journal.end(second, good=True, seconds=2.0, message="")
    journal.begin("b", "tt-smi", ["tt-smi", "-r", "1"])
    journal.end(first, good=False, seconds=12.3456, message="no answer")
    with (tmp_path / FILE).open("a", encoding="utf-8") as file:
        file.write('{"at": 1, "board": "a", "re')  # the host went down
    resets = [(each.board, each.way, each.good, each.seconds, each.message) for each in journal.resets()]
    assert resets == [
        ("a", "tt-smi", False, 12.346, "no answer"),
        ("a", "tt-umd", True, 2.0, ""),
        ("b", "tt-smi", None, None, ""),
    ]
    assert journal.count("a", since=0) == 2
    assert journal.count("a", since=first.at + 3600) == 0


def test_lines_of_earlier_farms_are_read(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(
        '{"at": 1.0, "board": "a", "reset": "began", "command": ["tt-smi", "-r", "0"]}\n'
        '{"at": 2.0, "board": "a", "reset": "ended", "good": true, "seconds": 1.0, "message": ""}\n',
        encoding="utf-8",
    )
    [reset] = ResetJournal(tmp_path).resets()
    assert (reset.at, reset.good, reset.seconds, reset.way) == (1.0, True, 1.0, "")
