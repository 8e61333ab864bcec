"""Reading of a user's YAML file, with one clear line where it can't be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from farm.core.errors import FarmError


def read_yaml(path: Path, option: str = "") -> Any:
    """Read a YAML file.

    Args:
        path: the file.
        option: the option that names the file, for messages.

    Raises:
        FarmError: it can't be read, or is not YAML.
    """
    label = f"{option} {path}".strip()
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FarmError(f"{label}: can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise FarmError(f"{label}: can't be read: {error}") from None
    except yaml.YAMLError as error:
        raise FarmError(f"{label}: not YAML: {' '.join(str(error).split())}") from None
