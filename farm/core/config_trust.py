"""Which `farm.toml` of a working directory the user trusts: a checkout may come from anybody.

A file is trusted by its path and its content, until either changes. `farm config trust` records it in the user's own
folder; where nobody can type that, as in CI, `FARM_TRUST_CONFIG` names the file or its SHA-256.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from farm.core.errors import FarmError
from farm.core.files import write_atomically

TRUST_VARIABLE = "FARM_TRUST_CONFIG"
"""Names trusted files, separated as in PATH: each by its absolute path, or by the SHA-256 of its content."""
LARGEST_FILE = 2**20
"""Bytes of a settings file at most."""

_Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class TrustRecord(BaseModel):
    """The trusted files: the SHA-256 of each by its absolute path."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: dict[str, _Sha256] = Field(default_factory=dict, max_length=10_000)


def record_file() -> Path:
    """Return the file that the user's choices are in."""
    return platformdirs.user_state_path("farm") / "trusted.json"


def read_record() -> TrustRecord:
    """Read the user's choices; none where none were made.

    Raises:
        FarmError: the file can't be read.
    """
    path = record_file()
    try:
        return TrustRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return TrustRecord()
    except ValidationError:
        raise FarmError(f"{path} is damaged: remove it, and trust your folders again with farm config trust") from None
    except OSError as error:
        raise FarmError(f"{path}: {error.strerror or error}") from None


def is_trusted(file: Path, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the user trusts a file as it is now."""
    path = str(file.resolve())
    digest = sha256_of(file)
    return read_record().files.get(path) == digest or any(
        name in (path, digest) for name in _trusted_names(environment)
    )


def was_trusted(file: Path) -> bool:
    """Whether the user trusts a file as it is now, or trusted it as it once was."""
    return str(file.resolve()) in read_record().files


def trust(file: Path) -> None:
    """Record that the user trusts a file as it is now.

    Raises:
        FarmError: the record can't be written.
    """
    _write(TrustRecord(files={**read_record().files, str(file.resolve()): sha256_of(file)}))


def forget(file: Path) -> bool:
    """Record that the user trusts a file no longer; returns whether they did.

    Raises:
        FarmError: the record can't be written.
    """
    path = str(file.resolve())
    files = read_record().files
    if path in files:
        _write(TrustRecord(files={name: digest for name, digest in files.items() if name != path}))
    return path in files


def sha256_of(file: Path) -> str:
    """Return the SHA-256 of a settings file.

    Raises:
        FarmError: it can't be read, or is too large for one.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(LARGEST_FILE + 1)
    except OSError as error:
        raise FarmError(f"{file}: {error.strerror or error}") from None
    if len(content) > LARGEST_FILE:
        raise FarmError(f"{file} is too large for a settings file: over {LARGEST_FILE >> 20} MiB")
    return hashlib.sha256(content).hexdigest()


def _trusted_names(environment: Mapping[str, str]) -> list[str]:
    names = [name for name in environment.get(TRUST_VARIABLE, "").split(os.pathsep) if name]
    for name in names:
        is_digest = len(name) == hashlib.sha256().digest_size * 2 and set(name) <= set("0123456789abcdef")
        if not is_digest and not Path(name).is_absolute():
            raise FarmError(f"{TRUST_VARIABLE}={name}: give the file's absolute path, or the SHA-256 of its content")
    return [str(Path(name).resolve()) if os.sep in name else name for name in names]


def _write(record: TrustRecord) -> None:
    path = record_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, record.model_dump_json(indent=1) + "\n", mode=0o600)
    except OSError as error:
        raise FarmError(f"{path} can't be written: {error.strerror or error}") from None
