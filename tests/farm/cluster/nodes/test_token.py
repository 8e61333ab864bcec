"""The token of a farm."""

from __future__ import annotations

from pathlib import Path

import pytest

from farm.cluster.nodes.token import make_token, require_token, write_token
from farm.core.errors import FarmError


def test_a_token_is_made_once_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    path = make_token(tmp_path / "deep" / "token")
    assert path.stat().st_mode & 0o777 == 0o600
    assert make_token(path).read_text() == path.read_text()
    path.chmod(0o644)
    with pytest.raises(FarmError, match="others may read"):
        require_token(path)


@pytest.mark.parametrize("text", ["", "short", "with a blank in between", "zeilen\numbruch" * 3])
def test_a_text_that_is_not_a_token_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(FarmError, match="no token"):
        write_token(tmp_path / "token", text)
    with pytest.raises(FarmError, match="no token in"):
        require_token(tmp_path / "token")
