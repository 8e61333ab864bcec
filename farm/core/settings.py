"""Settings: defaults of command-line options, set by `FARM_...` variables or in a file.

A command's own option comes first, then the variable, then `farm.toml` in the working directory (or the file that
`FARM_CONFIG` names), then `farm.toml` in the user's configuration folder:

    address = "10.0.0.1:6379"
    store = "postgresql+psycopg://farm@db/farm"

A working directory may be a checkout of anybody's. Its file may set what does no harm; the rest counts once the user
trusts that file, as `farm.core.config_trust` knows.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import platformdirs
from pydantic import AfterValidator, Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from farm.core.config_trust import TRUST_VARIABLE, is_trusted, sha256_of, was_trusted
from farm.core.door_address import names_door
from farm.core.errors import FarmError
from farm.core.expected_host import ExpectedHost
from farm.core.isolation import LeastIsolation
from farm.core.plain_words import in_plain_words
from farm.core.sizes import check_share, check_size
from farm.core.store_place import StorePlace

PREFIX = "FARM_"
FILE_VARIABLE = "FARM_CONFIG"
FILE_NAME = "farm.toml"
DEFAULT_MASTER = Path("ttnn_operations_master.json")
"""The master that `farm trace` adds to unless another is named."""
CLUSTER_SILENCE_SECONDS = 45.0
"""How long the head, or the actor of a board, may be silent, unless a setting says so: long enough for a busy host, and
for a short loss of the network; short of the minute after which Ray ends a process whose head is silent."""
PATHS = ("FARM_STATE", "FARM_TOKEN_FILE")
"""The variables that name a path on this host."""
_WITH_STORE = ("fit", "runs", "show", "report", "watch", "simulate", "compare", "history", "merge")
"""The commands that read or write the results store, besides those that take more from the settings."""


@dataclass(frozen=True)
class Origin:
    """Who may set a setting.

    Attributes:
        checkout_may_set: whether the file of any working directory may. Not, if it names a program to run, another host
            to connect to, or a file or database to read or write.
    """

    checkout_may_set: bool


ANYWHERE = Origin(checkout_may_set=True)
USER_ONLY = Origin(checkout_may_set=False)


class Settings(BaseSettings):
    """The settings with their defaults, each with its `Origin`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid")

    address: Annotated[str | None, USER_ONLY] = Field(
        default=None,
        description="The farm: HOST:PORT of its head, or the URL of its door. Without one, a sweep starts a Ray "
        "of its own on this host.",
    )
    jobs: Annotated[str | None, USER_ONLY] = Field(
        default=None,
        description="Where the head takes jobs: http://HOST:PORT. Default: port 8265 of the farm's address.",
    )
    token_file: Annotated[Path, USER_ONLY] = Field(
        default=platformdirs.user_config_path("farm") / "token",
        description="The file with the farm's token, or with your role token for its door, readable by you.",
    )
    certificates: Annotated[Path | None, USER_ONLY] = Field(
        default=None,
        description="The folder with this host's certificates, as `farm certificates` makes them: what goes between "
        "the farm's hosts is then encrypted. All hosts of a farm have some, or none.",
    )
    store: Annotated[StorePlace | None, USER_ONLY] = Field(
        default=None, description="The results store: a file or database URL. Default: a file in your data directory."
    )
    boards: Annotated[str, ANYWHERE] = Field(
        default="auto",
        description="The boards that this host offers to a farm, or that a sweep without a farm uses: auto, or a list, "
        "such as mock:n300*2,silicon.",
    )
    name: Annotated[str | None, ANYWHERE] = Field(
        default=None, description="This host's name in the farm. Default: its hostname."
    )
    hosts: Annotated[dict[str, ExpectedHost], ANYWHERE] = Field(
        default={},
        description="What each host is expected to have, by its name in the farm or a pattern of names: boards, driver "
        "and firmware. A host that isn't listed is expected to have nothing.",
    )
    python: Annotated[str | None, USER_ONLY] = Field(
        default=None,
        description="The interpreter whose ttnn opens this host's boards. Default: the one that farm runs in.",
    )
    worker_memory: Annotated[Annotated[str, AfterValidator(check_share)] | None, ANYWHERE] = Field(
        default=None,
        description="How much of this host's memory the worker of a board may use, such as 8GiB. Default: an equal "
        "share for each of the host's boards.",
    )
    isolate_user: Annotated[str | None, USER_ONLY] = Field(
        default=None,
        description="The user of this host that `--isolate user` runs workers as, such as nobody. Farm must be root.",
    )
    job_isolation: Annotated[LeastIsolation, USER_ONLY] = Field(
        default=LeastIsolation.CONTAINER,
        description="The least isolation of sweep modules that people run through this head's door: none, process, "
        "user or container.",
    )
    job_size: Annotated[Annotated[str, AfterValidator(check_size)], USER_ONLY] = Field(
        default="50MB", description="How large a folder may be, packed, that a job of the door takes along."
    )
    state: Annotated[Path, USER_ONLY] = Field(
        default=platformdirs.user_state_path("farm") / "host",
        description="The folder where this host keeps its state: its place in a farm, and which boards it reset or "
        "holds.",
    )
    silence_limit: Annotated[float, ANYWHERE] = Field(
        default=CLUSTER_SILENCE_SECONDS,
        ge=15,
        le=55,
        description="How many seconds the farm's head, or the process that supervises a board, may be silent before a "
        "run takes it for lost: 15 to 55, since Ray ends a run's process once its head was silent for 60.",
    )

    download_retries: Annotated[int, ANYWHERE] = Field(
        default=2,
        ge=0,
        description="How often a model is traced again whose test could not download what it needs.",
    )
    download_wait: Annotated[float, ANYWHERE] = Field(
        default=5.0, ge=0, description="Seconds before it is tried again; each later wait is three times as long."
    )

    @field_validator("state", "token_file", "certificates")
    @classmethod
    def _absolute(cls, path: Path | None) -> Path | None:
        return None if path is None else absolute(path)

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
        files = (InitSettingsSource(settings_cls, file.values()) for file in config_files())
        return (init_settings, env_settings, *files)

    @property
    def jobs_url(self) -> str | None:
        """The URL that takes jobs; None without an address."""
        if self.jobs or not self.address or names_door(self.address):
            return self.jobs
        return f"http://{self.address.rpartition(':')[0]}:8265"


@dataclass(frozen=True)
class ConfigFile:
    """A file of settings.

    Attributes:
        path: the file, whether it exists or not.
        of_checkout: whether it is only there because a command was typed in its folder.
    """

    path: Path
    of_checkout: bool = False

    def values(self) -> dict[str, Any]:
        """Return the settings of the file that count; none where there is no such file."""
        values, ignored = self._read()
        return {name: value for name, value in values.items() if name not in ignored}

    def ignored(self) -> tuple[str, ...]:
        """Return the names of the settings in the file that don't count, since the user doesn't trust it."""
        return self._read()[1]

    def all_values(self) -> dict[str, Any]:
        """Return all settings of the file."""
        return self._read()[0]

    def _read(self) -> tuple[dict[str, Any], tuple[str, ...]]:
        if not self.path.is_file():
            return {}, ()
        digest = sha256_of(self.path)
        try:
            values = TomlConfigSettingsSource(Settings, toml_file=self.path)()
        except RecursionError:
            raise FarmError(f"{self.path}: nested too deep for settings") from None
        except (OSError, ValueError) as error:  # TOML's errors are ValueErrors
            raise FarmError(f"{self.path}: {error}") from error
        names = tuple(name for name in values if name in Settings.model_fields and not origin_of(name).checkout_may_set)
        if not self.of_checkout or not names or (is_trusted(self.path) and sha256_of(self.path) == digest):
            return values, ()
        return values, names


def origin_of(name: str) -> Origin:
    """Return who may set a setting."""
    [origin] = [each for each in Settings.model_fields[name].metadata if isinstance(each, Origin)]
    return origin


def config_files(environment: Mapping[str, str] = os.environ) -> list[ConfigFile]:
    """The configuration files, strongest first, whether they exist or not."""
    own = platformdirs.user_config_path("farm") / FILE_NAME
    if name := environment.get(FILE_VARIABLE):
        return [ConfigFile(Path(name)), ConfigFile(own)]
    here = Path(FILE_NAME)
    return [ConfigFile(here, of_checkout=here.resolve() != own.resolve()), ConfigFile(own)]


def trust_note(environment: Mapping[str, str] = os.environ) -> str:
    """Return a line about the settings that are ignored, since the user doesn't trust their file; empty if none are."""
    for file in config_files(environment):
        if names := file.ignored():
            why = "it changed after you trusted it" if was_trusted(file.path) else "you have not trusted it"
            path = file.path.resolve()
            return (
                f"{path}: {', '.join(names)} ignored, since {why}: read it, then type `farm config trust` "
                f"(in CI: {TRUST_VARIABLE}={path})"
            )
    return ""


def load_settings() -> Settings:
    """Read the settings.

    Raises:
        FarmError: a file or variable has an unknown setting or a wrong value, or `FARM_CONFIG` names no file.
    """
    file_name = os.environ.get(FILE_VARIABLE)
    if file_name and not Path(file_name).is_file():
        raise FarmError(f"{FILE_VARIABLE}={file_name}: there is no such file: correct the variable, or unset it")
    try:
        _make_absolute(os.environ)
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        where = origins().get(str(first["loc"][0]), "farm.toml")
        if first["type"] == "extra_forbidden":
            names = (ExpectedHost if len(first["loc"]) > 1 else Settings).model_fields
            near = difflib.get_close_matches(str(first["loc"][-1]), names, n=1)
            advice = f"did you mean {near[0]}?" if near else f"settings are {', '.join(names)}"
            raise FarmError(f"{where}: unknown setting {name!r}: {advice}") from error
        advice = in_plain_words(first["type"], first["msg"], first.get("ctx"))
        raise FarmError(f"{where}: setting {name!r}: {advice}") from error


def _make_absolute(environment: MutableMapping[str, str]) -> None:
    """Make variables that name a path absolute: processes that inherit them work in other folders."""
    for name in PATHS:
        if value := environment.get(name):
            environment[name] = str(absolute(value))


def absolute(path: str | Path) -> Path:
    """An absolute path, with the user's home for `~`; `~` of an unknown user stays as it is."""
    return Path(os.path.expanduser(path)).absolute()  # noqa: PTH111 - `Path.expanduser` fails for an unknown user


def origins() -> dict[str, str]:
    """The variable or file that each setting comes from, for those that aren't at their default."""
    sources: dict[str, str] = {}
    for file in reversed(config_files()):
        sources |= dict.fromkeys(file.values(), str(file.path))
    names = {f"{PREFIX}{name.upper()}": name for name in Settings.model_fields}
    return sources | {name: variable for variable, name in names.items() if variable in os.environ}


def command_defaults(settings: Settings) -> dict[str, dict[str, Any]]:
    """The settings as defaults of the commands' options, in the form of click's `default_map`."""
    store = {"store": settings.store}
    boards = {"boards": settings.boards}  # of this host: with an address, `SpecOptions` leaves them out
    return {
        "sweep": {**store, **boards, "address": settings.address},
        "upgrade": {**store, **boards},
        "bisect": boards,
        "trace": {"results": settings.store, "address": settings.address},
        **dict.fromkeys(_WITH_STORE, store),
        "ci": {"matrix": store, "annotate": store},
    }
