"""Settings: defaults of command-line options, set by `FARM_...` variables or in a file.

A command's own option comes first, then the variable, then `farm.toml` in the working directory (or the file that
`FARM_CONFIG` names), then `farm.toml` in the user's configuration folder:

    address = "10.0.0.1:6379"
    store = "postgresql+psycopg://farm@db/farm"
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from farm.core.errors import FarmError
from farm.core.plain_words import in_plain_words
from farm.core.sizes import check_share
from farm.core.store_place import StorePlace

PREFIX = "FARM_"
FILE_VARIABLE = "FARM_CONFIG"
FILE_NAME = "farm.toml"
DEFAULT_MASTER = Path("ttnn_operations_master.json")
"""The master that `farm trace` adds to unless another is named."""
_WITH_STORE = ("runs", "show", "report", "watch", "simulate", "compare", "history", "merge")
"""The commands that read or write the results store, besides those that take more from the settings."""


class Settings(BaseSettings):
    """The settings with their defaults."""

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
    store: StorePlace | None = Field(
        default=None, description="The results store: a file or database URL. Default: a file in your data directory."
    )
    boards: str = Field(
        default="auto",
        description="The boards that this host offers to a farm, or that a sweep without a farm uses: auto, or a list, "
        "such as mock:n300*2,silicon.",
    )
    name: str | None = Field(default=None, description="This host's name in the farm. Default: its hostname.")
    python: str | None = Field(
        default=None,
        description="The interpreter whose ttnn opens this host's boards. Default: the one that farm runs in.",
    )
    worker_memory: Annotated[str, AfterValidator(check_share)] | None = Field(
        default=None,
        description="How much of this host's memory the worker of a board may use, such as 8GiB. Default: an equal "
        "share for each of the host's boards.",
    )
    state: Path = Field(
        default=platformdirs.user_state_path("farm") / "host",
        description="The folder where this host keeps its state: its place in a farm, and which boards it reset or "
        "holds.",
    )

    download_retries: int = Field(
        default=2,
        ge=0,
        description="How often a model is traced again whose test could not download what it needs.",
    )
    download_wait: float = Field(
        default=5.0, ge=0, description="Seconds before it is tried again; each later wait is three times as long."
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
        """The sources of settings, strongest first."""
        files = (TomlConfigSettingsSource(settings_cls, toml_file=path) for path in config_files())
        return (init_settings, env_settings, *files)

    @property
    def jobs_url(self) -> str | None:
        """The URL that takes jobs; None without an address."""
        if self.jobs or not self.address:
            return self.jobs
        return f"http://{self.address.rpartition(':')[0]}:8265"


def config_files(environment: Mapping[str, str] = os.environ) -> list[Path]:
    """The configuration files, strongest first, whether they exist or not."""
    name = environment.get(FILE_VARIABLE)
    return [Path(name) if name else Path(FILE_NAME), platformdirs.user_config_path("farm") / FILE_NAME]


def load_settings() -> Settings:
    """Read the settings.

    Raises:
        FarmError: a file or variable has an unknown setting or a wrong value, or `FARM_CONFIG` names no file.
    """
    file_name = os.environ.get(FILE_VARIABLE)
    if file_name and not Path(file_name).is_file():
        raise FarmError(f"{FILE_VARIABLE}={file_name}: there is no such file: correct the variable, or unset it")
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        where = origins().get(name, "farm.toml")
        if first["type"] == "extra_forbidden":
            near = difflib.get_close_matches(name, Settings.model_fields, n=1)
            advice = f"did you mean {near[0]}?" if near else f"settings are {', '.join(Settings.model_fields)}"
            raise FarmError(f"{where}: unknown setting {name!r}: {advice}") from error
        advice = in_plain_words(first["type"], first["msg"], first.get("ctx"))
        raise FarmError(f"{where}: setting {name!r}: {advice}") from error
    except (OSError, ValueError) as error:  # TOML's errors are ValueErrors
        files = ", ".join(str(path) for path in config_files() if path.is_file())
        raise FarmError(f"{files}: {error}") from error


def origins() -> dict[str, str]:
    """The variable or file that each setting comes from, for those that aren't at their default."""
    sources: dict[str, str] = {}
    for path in reversed(config_files()):
        if path.is_file():
            sources |= dict.fromkeys(TomlConfigSettingsSource(Settings, toml_file=path)(), str(path))
    names = {f"{PREFIX}{name.upper()}": name for name in Settings.model_fields}
    return sources | {name: variable for variable, name in names.items() if variable in os.environ}


def command_defaults(settings: Settings) -> dict[str, dict[str, Any]]:
    """The settings as defaults of the commands' options, in the form of click's `default_map`."""
    store = {"store": settings.store}
    boards = {} if settings.address else {"boards": settings.boards}
    return {
        "sweep": {**store, **boards, "address": settings.address},
        "upgrade": {**store, **boards},
        "bisect": boards,
        "trace": {"results": settings.store, "address": settings.address},
        **dict.fromkeys(_WITH_STORE, store),
        "ci": {"matrix": store, "annotate": store},
    }
