"""Settings come from options, variables and files, in this order."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from farm.cli import app
from farm.core import config_trust
from farm.core.config_trust import TRUST_VARIABLE
from farm.core.errors import FarmError
from farm.core.settings import Settings, command_defaults, load_settings, origin_of, origins, trust_note
from farm.core.store_place import StorePlace


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name in ("STATE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    monkeypatch.delenv(TRUST_VARIABLE, raising=False)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"FARM_{name.upper()}", raising=False)
    return folder


def test_a_variable_comes_before_a_file(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own_folder / "farm.toml").write_text('address = "10.0.0.1:6379"\nstore = "here.db"\n')
    monkeypatch.setenv(TRUST_VARIABLE, str(own_folder / "farm.toml"))
    monkeypatch.setenv("FARM_STORE", "other.db")
    settings = load_settings()
    assert (settings.address, settings.store) == ("10.0.0.1:6379", StorePlace("other.db"))
    assert settings.jobs_url == "http://10.0.0.1:8265"
    assert origins() == {"address": "farm.toml", "store": "FARM_STORE"}
    defaults = {"store": StorePlace("other.db"), "address": "10.0.0.1:6379", "boards": "auto"}
    assert command_defaults(settings)["sweep"] == defaults


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
        ("silence_limit = 60", "^farm.toml: setting 'silence_limit': give 55 or less"),
        ("silence_limit = nan", "^farm.toml: setting 'silence_limit': give 55 or less"),
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


CHECKOUT = """\
address = "192.0.2.1:6379"
jobs = "http://192.0.2.1:8265"
token_file = "token"
certificates = "certificates"
store = "theirs.db"
python = "./python"
state = "state"
name = "alpha"
boards = "mock:n150"
"""
"""What a checkout may hold: the first seven lines would give it hosts, files and programs of the user."""
GUARDED = ["address", "jobs", "token_file", "certificates", "store", "python", "state"]


def test_a_checkout_sets_only_what_does_no_harm(own_folder: Path) -> None:
    (own_folder / "farm.toml").write_text(CHECKOUT)
    defaults, settings = Settings.model_construct(), load_settings()
    assert [name for name in GUARDED if getattr(settings, name) != getattr(defaults, name)] == []
    assert (settings.name, settings.boards) == ("alpha", "mock:n150")
    assert origins() == {"name": "farm.toml", "boards": "farm.toml"}
    assert trust_note().startswith(
        f"{own_folder}/farm.toml: {', '.join(GUARDED)} ignored, since you have not trusted it: read it, then type "
        "`farm config trust`"
    )
    shown = CliRunner().invoke(app, ["config"])
    assert "192.0.2.1" not in shown.output
    assert "farm.toml: read, but address, " in shown.output


def test_a_trusted_file_sets_everything_until_it_changes(own_folder: Path) -> None:
    file = own_folder / "farm.toml"
    file.write_text(CHECKOUT + "\n")
    told = CliRunner().invoke(app, ["config", "trust"])
    assert told.exit_code == 0
    assert "  address = 192.0.2.1:6379" in told.stdout.splitlines()
    assert load_settings().address == "192.0.2.1:6379"
    assert trust_note() == ""
    assert CliRunner().invoke(app, ["config", "trust", "--list"]).stdout == f"{file}\n"
    assert config_trust.record_file().stat().st_mode & 0o777 == 0o600
    file.write_text(CHECKOUT)
    assert load_settings().address is None
    assert "since it changed after you trusted it" in trust_note()
    assert "changed since" in CliRunner().invoke(app, ["config", "trust", "--list"]).stdout
    assert CliRunner().invoke(app, ["config", "trust", str(own_folder)]).exit_code == 0
    assert load_settings().address == "192.0.2.1:6379"
    assert "no longer trusted" in CliRunner().invoke(app, ["config", "trust", "--untrust"]).stdout
    assert "was not trusted" in CliRunner().invoke(app, ["config", "trust", "--untrust"]).stdout
    assert load_settings().address is None


def test_a_copy_of_a_trusted_file_is_not_trusted(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own_folder / "farm.toml").write_text(CHECKOUT)
    config_trust.trust(own_folder / "farm.toml")
    other = own_folder / "other"
    other.mkdir()
    (other / "farm.toml").write_text(CHECKOUT)
    monkeypatch.chdir(other)
    assert load_settings().address is None


def test_the_file_of_the_user_is_trusted_from_every_folder(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = own_folder.parent / "CONFIG" / "farm"
    folder.mkdir(parents=True)
    (folder / "farm.toml").write_text(CHECKOUT)
    assert load_settings().address == "192.0.2.1:6379"
    monkeypatch.chdir(folder)
    assert (load_settings().address, trust_note()) == ("192.0.2.1:6379", "")
    monkeypatch.chdir(own_folder)
    (folder / "farm.toml").rename(own_folder / "named.toml")
    monkeypatch.setenv("FARM_CONFIG", "named.toml")
    assert (load_settings().address, trust_note()) == ("192.0.2.1:6379", "")


def test_ci_trusts_a_file_by_a_variable(own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = own_folder / "farm.toml"
    file.write_text(CHECKOUT)
    for value in (str(file), f"/nowhere:{file}", config_trust.sha256_of(file)):
        monkeypatch.setenv(TRUST_VARIABLE, value)
        assert load_settings().address == "192.0.2.1:6379"
    for value in ("/nowhere/farm.toml", "0" * 64, ""):
        monkeypatch.setenv(TRUST_VARIABLE, value)
        assert load_settings().address is None
    for value in (".", "farm.toml", "1"):
        monkeypatch.setenv(TRUST_VARIABLE, value)
        with pytest.raises(FarmError, match="give the file's absolute path"):
            load_settings()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("x = " + "[" * 5000, "farm.toml: nested too deep"),
        ("#" * (config_trust.LARGEST_FILE + 1), "farm.toml is too large"),
    ],
)
def test_a_hostile_file_is_refused_in_one_line(own_folder: Path, content: str, message: str) -> None:
    (own_folder / "farm.toml").write_text(content)
    with pytest.raises(FarmError, match=message):
        load_settings()


def test_a_damaged_record_is_refused_in_one_line(own_folder: Path) -> None:
    (own_folder / "farm.toml").write_text(CHECKOUT)
    config_trust.trust(own_folder / "farm.toml")
    for content in ("{", '{"files": {"/x": "short"}}', '{"other": 1}', "[" * 5000):
        config_trust.record_file().write_text(content)
        with pytest.raises(FarmError, match="damaged: remove it"):
            load_settings()


def test_every_setting_says_who_may_set_it() -> None:
    assert [name for name in Settings.model_fields if not origin_of(name).checkout_may_set] == [
        *("address", "jobs", "token_file", "certificates", "store", "python", "isolate_user"),
        *("job_isolation", "job_size", "state"),
    ]


def test_a_command_says_what_it_ignores(own_folder: Path) -> None:
    (own_folder / "farm.toml").write_text('store = "theirs.db"')
    ended = CliRunner().invoke(app, ["runs"])
    [line] = [line for line in ended.stderr.splitlines() if "farm.toml" in line]
    assert line.startswith(f"farm: {own_folder}/farm.toml: store ignored, since you have not trusted it")
    assert not (own_folder / "theirs.db").exists()


def test_paths_of_state_are_absolute_wherever_a_process_works(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FARM_STATE", "here")
    monkeypatch.setenv("FARM_TOKEN_FILE", "~/token")
    settings = load_settings()
    assert settings.state == own_folder / "here"
    assert settings.token_file == Path.home() / "token"
    assert os.environ["FARM_STATE"] == str(own_folder / "here"), "for its children"
    monkeypatch.setenv("FARM_STATE", "~no-such-user/x")
    assert load_settings().state.is_absolute()
