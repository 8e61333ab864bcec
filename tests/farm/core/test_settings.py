"""Settings come from options, variables and files, in this order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from farm.cli import app
from farm.core.errors import FarmError
from farm.core.settings import Settings, command_defaults, load_settings, origins
from farm.core.store_place import StorePlace


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"FARM_{name.upper()}", raising=False)
    return tmp_path


def test_a_variable_comes_before_a_file(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own_folder / "farm.toml").write_text('address = "10.0.0.1:6379"\nstore = "here.db"\n')
    monkeypatch.setenv("FARM_STORE", "other.db")
    settings = load_settings()
    assert (settings.address, settings.store) == ("10.0.0.1:6379", StorePlace("other.db"))
    assert settings.jobs_url == "http://10.0.0.1:8265"
    assert origins() == {"address": "farm.toml", "store": "FARM_STORE"}
    assert command_defaults(settings)["sweep"] == {"store": StorePlace("other.db"), "address": "10.0.0.1:6379"}, (
        "what this host offers doesn't limit what a sweep takes of a farm"
    )


def test_another_file_can_be_named(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FARM_CONFIG", str(own_folder / "other.toml"))
    with pytest.raises(FarmError, match="there is no such file"):
        load_settings()
    (own_folder / "other.toml").write_text('name = "alpha"\n')
    assert load_settings().name == "alpha"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('adress = "x"', "^farm.toml: unknown setting 'adress': did you mean address\\?"),
        ("zzz = 1", "^farm.toml: unknown setting 'zzz': settings are address, jobs, "),
        ("boards = 3", "^farm.toml: setting 'boards': give a string"),
        ("x = [", "farm.toml"),
    ],
)
def test_a_wrong_file_is_reported_in_one_line(own_folder: Path, text: str, message: str) -> None:
    (own_folder / "farm.toml").write_text(text)
    with pytest.raises(FarmError, match=message) as error:
        load_settings()
    assert "\n" not in str(error.value)


def test_every_setting_is_described_and_shown() -> None:
    assert all(field.description for field in Settings.model_fields.values())
    shown = json.loads(CliRunner().invoke(app, ["config", "show", "--json"]).stdout)
    assert list(shown) == list(Settings.model_fields)
    assert all(row["from"] == "default" for row in shown.values())
    assert "FARM_ADDRESS" in CliRunner().invoke(app, ["config", "show"]).stdout
