"""What `farm boards` shows of a host that is in no farm."""

from __future__ import annotations

import importlib.metadata
import io

import pytest
from rich.console import Console

from farm.board.backends.fake import fake_boards
from farm.board.kinds import KINDS
from farm.cli.boards import _screen
from farm.cluster.hosts import local_registry
from farm.cluster.hosts.local_registry import LocalRegistry
from farm.core.board import Board


def screen(monkeypatch: pytest.MonkeyPatch, boards: list[Board]) -> str:
    monkeypatch.setattr(local_registry, "discovered_boards", lambda: boards)
    stream = io.StringIO()
    Console(file=stream, width=160).print(_screen(LocalRegistry().view()))
    return stream.getvalue()


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
