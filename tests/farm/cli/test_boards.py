"""`farm boards`."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from farm.cli import app
from farm.core.errors import FarmError


@pytest.mark.parametrize("words", [[], ["list"], ["--json"], ["--why"], ["--why", "--json"]], ids=" ".join)
def test_this_hosts_boards_are_listed_without_a_farm(words: list[str]) -> None:
    result = CliRunner().invoke(app, ["boards", *words])
    assert result.exit_code == 0, result.output
    assert result.output


def test_a_reason_follows_why() -> None:
    result = CliRunner().invoke(app, ["boards", "--why", "fan is loud"])
    assert isinstance(result.exception, FarmError)
    assert "--why needs hold" in str(result.exception)
