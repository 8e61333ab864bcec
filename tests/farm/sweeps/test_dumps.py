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


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "v.jsonl").write_text('{"farm_vectors":1}\n')
    with pytest.raises(FarmError, match=r"v\.jsonl: its version is 1, this farm reads 2: make one with"):
        list(dumps.read(tmp_path / "v.jsonl"))


def test_a_folder_that_is_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    with pytest.raises(FarmError, match=f"the folder {tmp_path} can't be written"):
        list(dumps.write(tmp_path / "vectors.json", []))
