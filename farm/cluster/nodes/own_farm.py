"""The farm that a command is about. It imports little, for commands that only look."""

from __future__ import annotations

from pathlib import Path

from farm.cluster.nodes.host_state import load_state
from farm.core.errors import FarmError
from farm.core.settings import Settings


def farm_address(address: str | None, settings: Settings) -> tuple[str, Path]:
    """The farm that a command is about, and its token: as given or set, else the farm that this host is in.

    Raises:
        FarmError: no farm is given or set, and this host is in none.
    """
    state = load_state(settings.state)
    own = state if state and state.is_alive else None
    if own and not address and not settings.address:
        return own.address, own.token_file
    chosen = address or settings.address
    if not chosen:
        raise FarmError("which farm? give --address HOST:PORT of its head, or set FARM_ADDRESS")
    return chosen, own.token_file if own and own.address == chosen else settings.token_file
