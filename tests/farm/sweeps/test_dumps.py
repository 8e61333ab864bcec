"""Files of vectors that can't be written: one line, before any vector is listed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from farm.core.errors import FarmError
from farm.sweeps import dumps


@pytest.mark.parametrize("place", [".", "file/vectors.json"])
def test_a_folder_or_a_file_in_the_way(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    with pytest.raises(FarmError, match="the vectors can't be written: "):
        list(dumps.write(Path(place), []))


def test_a_folder_that_is_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(FarmError, match=f"the folder {tmp_path} can't be written"):
        list(dumps.write(tmp_path / "vectors.json", []))
