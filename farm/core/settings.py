"""What may be set once instead of on every command line: by `FARM_...` variables, or in a file.

A command's own option comes first, then the variable, then `farm.toml` in the working directory (or the file that
`FARM_CONFIG` names), then `farm.toml` in the user's configuration folder:

    address = "10.0.0.1:6379"
    store = "postgresql+psycopg://farm@db/farm"
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import platformdirs
from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from farm.core.errors import FarmError

PREFIX = "FARM_"
FILE_VARIABLE = "FARM_CONFIG"
FILE_NAME = "farm.toml"
DEFAULT_MASTER = Path("ttnn_operations_master.json")


class Settings(BaseSettings):
    """Every setting, with its default."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    address: str | None = Field(
        default=None,
        description="The farm: HOST:PORT of its head. Without one, a sweep starts a Ray of its own on this host.",
    )
    jobs: str | None = Field(
        default=None,
        description="Where the head takes jobs: http://HOST:PORT. Default: port 8265 of the farm's address.",
    )
    token_file: Path = Field(
        default=platformdirs.user_config_path("farm") / "token",
        description="The file with the farm's token, readable by you.",
    )
    store: str | None = Field(
        default=None, description="Results store: a file or database URL. Default: a file in your data folder."
    )
    boards: str = Field(
        default="auto",
        description="The boards this host offers to a farm, or gives a sweep that uses no farm: auto, or a list such "
        "as mock:n300*2,silicon.",
    )
    name: str | None = Field(default=None, description="This host's name in the farm. Default: its hostname.")
    python: str | None = Field(
        default=None,
        description="The interpreter whose ttnn opens this host's boards. Default: the one that farm runs in.",
    )
    state: Path = Field(
        default=platformdirs.user_state_path("farm") / "host",
        description="The folder for what `farm up` must remember.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's form
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's form
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Where settings come from, the strongest first."""
        files = (TomlConfigSettingsSource(settings_cls, toml_file=path) for path in config_files())
        return (init_settings, env_settings, *files)

    @property
    def jobs_url(self) -> str | None:
        """Where jobs are submitted; None without an address."""
        if self.jobs or not self.address:
            return self.jobs
        return f"http://{self.address.rpartition(':')[0]}:8265"


def config_files(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """The files that are read, the strongest first, whether they are there or not."""
    named = environment.get(FILE_VARIABLE)
    return [Path(named) if named else Path(FILE_NAME), platformdirs.user_config_path("farm") / FILE_NAME]


def load_settings() -> Settings:
    """Reads the settings.

    Raises:
        FarmError: a file or variable holds something that is no setting, or none of its kind; or `FARM_CONFIG` names
            no file.
    """
    named = os.environ.get(FILE_VARIABLE)
    if named and not Path(named).is_file():
        raise FarmError(f"{FILE_VARIABLE}={named}: there is no such file")
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        known = f"; settings are {', '.join(Settings.model_fields)}" if first["type"] == "extra_forbidden" else ""
        raise FarmError(f"setting {name!r}: {first['msg']}{known}") from error
    except (OSError, ValueError) as error:  # TOML's errors are ValueErrors
        places = ", ".join(str(path) for path in config_files() if path.is_file())
        raise FarmError(f"{places}: {error}") from error


def origins() -> dict[str, str]:
    """Where each setting that isn't at its default comes from: a variable's or a file's name."""
    found: dict[str, str] = {}
    for path in reversed(config_files()):
        if path.is_file():
            found |= dict.fromkeys(TomlConfigSettingsSource(Settings, toml_file=path)(), str(path))
    names = {f"{PREFIX}{name.upper()}": name for name in Settings.model_fields}
    return found | {name: variable for variable, name in names.items() if variable in os.environ}


def command_defaults(settings: Settings) -> dict[str, dict[str, Any]]:
    """The settings as defaults of the commands' options."""
    store = {"store": settings.store}
    boards = {} if settings.address else {"boards": settings.boards}
    return {
        "sweep": {**store, **boards, "address": settings.address},
        "trace": {"results": settings.store, "address": settings.address},
        **dict.fromkeys(("runs", "show", "report"), store),
    }
