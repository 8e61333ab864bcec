"""The user of this process."""

from __future__ import annotations

import getpass
import os
import socket

import pytest

from farm.core.own_user import user_at_host


def test_a_user_without_a_name_is_shown_by_id(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", lambda: "ann")
    assert user_at_host() == f"ann@{socket.gethostname()}"
    monkeypatch.setattr(getpass, "getuser", fail)
    assert user_at_host() == f"{os.getuid()}@{socket.gethostname()}"
