"""A password in the store's place, and a token in the environment: nothing that a command prints or writes has them."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from farm.cli import app
from farm.core import secret_texts
from farm.core.settings import command_defaults, load_settings
from farm.core.verdicts import Reason, Verdict
from farm.store import RunInfo, Store
from tests.command_line import subcommands
from tests.farm.store_helpers import recorded_run

PASSWORD = "Pl4nted-p@ss/word"  # noqa: S105 - planted
TOKEN = "hf_Pl4ntedPl4ntedPl4nted"  # noqa: S105 - planted
FRAGMENTS = (b"Pl4nted", b"p@ss/word", b"p%40ss%2Fword")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A store whose URL has a password, in which a run failed with all that its test knew."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    url = f"sqlite:///file:{tmp_path}/here/farm.db?uri=true&password={PASSWORD.replace('@', '%40').replace('/', '%2F')}"
    monkeypatch.setenv("FARM_STORE", url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr(sys, "argv", ["farm", "sweep", "--store", url])
    secret_texts.own_secrets.cache_clear()
    with Store.open(url) as store:
        message = secret_texts.without_secrets(f"ValueError: {url} {TOKEN}", store.place.secrets)
        recorded_run(store, [(Verdict.FAIL_ASSERT_EXCEPTION, Reason.NONE, message), (Verdict.PASS, Reason.NONE, "")])
        store.start_run(RunInfo(secret_texts.shown_command(sys.argv)))
    yield url
    secret_texts.own_secrets.cache_clear()


def leaves() -> Iterator[list[str]]:
    for name, command in subcommands().items():
        yield [name]
        for sub in getattr(command, "commands", {}):
            yield [name, sub]


def run(words: list[str]) -> Result:
    return CliRunner().invoke(app, words, default_map=command_defaults(load_settings()))


def assert_clean(text: bytes | str, where: str) -> None:
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    assert not [fragment for fragment in FRAGMENTS if fragment in data], where


@pytest.mark.parametrize(
    "words",
    [
        *([*words, "--help"] for words in leaves()),
        *(["config"], ["config", "--json"], ["config", "show"], ["config", "trust", "--list"]),
        *(["runs"], ["runs", "--json"], ["show", "last"], ["show", "last~1"], ["-vv", "show", "last~1", "--json"]),
        *(
            ["report", "last~1", "--out", "out"],
            ["history", "add"],
            ["compare", "last~1", "last"],
            ["history", "nothing"],
        ),
        *(["ci", "annotate", "last~1"], ["simulate", "--run", "last~1"], ["sweep", "--resume", "nothing"]),
        *(["sweep", "--op", "nothing"], ["upgrade", "--to", "nothing"], ["store", "copy", "nothing", "copied.db"]),
    ],
    ids=" ".join,
)
def test_no_command_prints_or_writes_it(words: list[str], place: str, tmp_path: Path) -> None:
    result = run(words)
    assert_clean(result.output, "printed")
    assert_clean(result.stderr, "printed")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        assert_clean("".join(traceback.format_exception(result.exception)), "the traceback")
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert tmp_path / "here" / "farm.db" in files
    for file in files:
        assert_clean(file.read_bytes(), str(file.relative_to(tmp_path)))
    assert PASSWORD.replace("@", "%40").replace("/", "%2F") in place, "it was planted"


@pytest.mark.parametrize("words", [["runs"], ["show", "last"], ["watch"], ["merge"], ["history", "add"]], ids=" ".join)
@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://farm:{PASSWORD}@127.0.0.1:1/farm",
        f"postgresql+psycopg://farm:{PASSWORD.replace('/', '%2F')}@127.0.0.1:1/farm?sslpassword=Pl4nted",
        f"postgresql+nothing://farm:{PASSWORD}@127.0.0.1:1/farm",
        f"unknown://farm:{PASSWORD}@127.0.0.1:1/farm",
        f"postgresql://farm:{PASSWORD}@127.0.0.1:port/farm",
    ],
    ids=map(str, range(5)),
)
def test_no_error_has_it(
    words: list[str], url: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FARM_STORE", url)
    with caplog.at_level(logging.DEBUG):
        result = run(words)
    assert result.exit_code != 0
    assert_clean(result.output, "printed")
    assert_clean(caplog.text, "the log")
    assert result.exception is not None
    assert_clean("".join(traceback.format_exception(result.exception)), "the traceback")
