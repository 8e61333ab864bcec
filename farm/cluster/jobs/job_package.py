"""What a submitted job takes along: the folder to ship, and the words of its command if they hold a secret.

Ray shows a job's entrypoint and its runtime environment, with variables, to everyone who may see jobs. A command with a
secret therefore travels in a file, which the job removes when it starts.
"""

from __future__ import annotations

import secrets
import zipfile
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from farm.board.shipping import Shipment
from farm.core.errors import FarmError
from farm.core.secret_texts import shown_words

WORDS_OPTION = "--words-in"
"""The first word of a job whose command is in a file, before that file's name and the command as it may be shown."""
_PREFIX = ".farm-command-"


class JobCommand(BaseModel):
    """The words of a job's command, as they stand in its file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    words: list[str] = Field(max_length=10_000)


def entrypoint_words(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Return the words of the job that runs a command, without its secrets, and the files that it needs for that.

    A command without secrets is its own job, and needs no file.
    """
    shown = shown_words(words)
    if shown == list(words):
        return shown, {}
    name = f"{_PREFIX}{secrets.token_hex(16)}"
    return [WORDS_OPTION, name, *shown], {name: JobCommand(words=list(words)).model_dump_json()}


def command_words(words: Sequence[str]) -> list[str]:
    """Return the words of the command that a job runs; their file is removed.

    Raises:
        FarmError: the file can't be read.
    """
    if not words or words[0] != WORDS_OPTION:
        return list(words)
    name = words[1] if len(words) > 1 else ""
    if not name.startswith(_PREFIX) or Path(name).name != name:
        raise FarmError(f"{WORDS_OPTION} {name}: farm submit writes this option itself")
    try:
        text = Path(name).read_text(encoding="utf-8")
        Path(name).unlink()
        return JobCommand.model_validate_json(text).words
    except (OSError, ValidationError) as error:
        raise FarmError(f"the job's command did not arrive: {type(error).__name__}") from None


def write_package(file: Path, shipment: Shipment | None, texts: dict[str, str]) -> None:
    """Write the archive that Ray unpacks as the job's working directory.

    Raises:
        FarmError: the shipment can't be read, or is too large.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        if shipment is not None:
            shipment.write(archive)
        for name, text in texts.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, text)
