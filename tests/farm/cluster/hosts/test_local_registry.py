"""What `farm boards` shows of a host that is in no farm."""

from __future__ import annotations

import importlib.metadata
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from farm.board.backends.base import RESET_VARIABLE
from farm.board.backends.fake import fake_boards
from farm.board.discovery.facts import ChipGroup
from farm.board.discovery.survey import Survey, SurveyedBoard
from farm.board.kinds import KINDS
from farm.board.reset import Resetter
from farm.cli.boards import _screen, boards
from farm.cluster.hosts import expected
from farm.cluster.hosts.local_registry import LocalRegistry
from farm.core.board import Board


def screen(monkeypatch: pytest.MonkeyPatch, boards: list[Board]) -> str:
    groups = [ChipGroup(board.kind, (), "a test made it") for board in boards]
    survey = Survey(tuple(map(SurveyedBoard, boards, groups)))
    monkeypatch.setattr(expected, "host_survey", lambda: survey)
    stream = io.StringIO()
    Console(file=stream, width=160).print(_screen(LocalRegistry().view()))
    return stream.getvalue()


def test_the_resets_of_a_host_are_shown_by_board_and_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("FARM_STATE", str(tmp_path))
    monkeypatch.delenv("FARM_ADDRESS", raising=False)
    [board] = fake_boards(KINDS["n300"], 1)
    lies = replace(board, environment={RESET_VARIABLE: "echo Reset failed."})
    assert not Resetter(lies, 60).reset().good
    good = replace(board, id="other", environment={RESET_VARIABLE: "true"})
    assert Resetter(good, 60).reset().good

    boards("resets")
    first, second = capsys.readouterr().out.splitlines()
    assert f"{board.id} by FARM_RESET_COMMAND: failed after " in first
    assert first.endswith("s: exit code 0, but it says: Reset failed.")
    assert "other by FARM_RESET_COMMAND: good after " in second

    boards("resets", "other", as_json=True)
    [reset] = json.loads(capsys.readouterr().out)
    assert (reset["board"], reset["good"], reset["message"]) == ("other", True, "")
    assert reset["seconds"] >= 0


def test_a_host_without_boards_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    text = screen(monkeypatch, [])
    assert "no boards on this host: /dev/tenstorrent has none. Mock boards are made per run." in text
    assert "faults" not in text


def test_a_host_with_boards_lists_them(monkeypatch: pytest.MonkeyPatch) -> None:
    text = screen(monkeypatch, fake_boards(KINDS["n300"], 1))
    assert "fake:n300:0" in text
    assert "no boards" not in text


def test_the_installed_ttnn_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        version = importlib.metadata.version("ttnn")
    except importlib.metadata.PackageNotFoundError:
        version = "none"
    assert f"ttnn {version}" in screen(monkeypatch, [])
