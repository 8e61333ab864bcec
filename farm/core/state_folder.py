"""The folder where this host keeps its state."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

STATE_VARIABLE = "FARM_STATE"


def host_state() -> Path:
    """The folder of the setting `state`. A damaged settings file must not keep a board from its reset."""
    return Path(os.environ.get(STATE_VARIABLE) or platformdirs.user_state_path("farm") / "host")
