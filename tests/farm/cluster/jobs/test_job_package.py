"""A submitted command with a secret: Ray is given the command without it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from farm.board.shipping import select_files
from farm.cluster.jobs.job_package import command_words, entrypoint_words, write_package
from farm.core.errors import FarmError

PASSWORD = "p/l@nted-Passw0rd"  # noqa: S105 - planted
WORDS = ["sweep", "--store", f"postgresql://farm:{PASSWORD}@db/farm", "--op", "add"]


def test_a_command_without_secrets_is_the_job_itself() -> None:
    assert entrypoint_words(["sweep", "--op", "add"]) == (["sweep", "--op", "add"], {})
    assert command_words(["sweep", "--op", "add"]) == ["sweep", "--op", "add"]


@pytest.mark.parametrize("words", [WORDS, ["ci", "--token=" + PASSWORD], ["history", "--api-key", PASSWORD]])
def test_a_secret_travels_in_a_file(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "add.py").write_text("pass")
    shown, texts = entrypoint_words(words)
    assert not any(PASSWORD in word for word in shown)
    package = tmp_path / "package.zip"
    write_package(package, select_files(shipped), texts)
    monkeypatch.chdir(shipped)
    with zipfile.ZipFile(package) as archive:
        archive.extractall()
        [name] = texts
        assert archive.getinfo(name).external_attr >> 16 == 0o600
    assert command_words(shown) == words
    assert [file.name for file in shipped.iterdir()] == ["add.py"], "the file is gone when the command starts"
    with pytest.raises(FarmError, match="did not arrive"):
        command_words(shown)
    assert list(entrypoint_words(words)[1]) != [name], "each job has a file of its own"


@pytest.mark.parametrize("name", ["/etc/hostname", "../.farm-command-1", "", "add.py"])
def test_a_job_reads_no_other_file(name: str) -> None:
    with pytest.raises(FarmError, match="writes this option itself"):
        command_words(["--words-in", name, "sweep"])
