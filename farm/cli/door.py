"""The door of a farm, for commands that are typed with its address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farm.cli.common import note

if TYPE_CHECKING:
    from farm.cluster.door.client import DoorClient
    from farm.core.settings import Settings


def door_client(address: str | None, settings: Settings) -> DoorClient | None:
    """A client of the farm's door; None if the farm's address is not that of a door.

    Args:
        address: the address that the command line gives; None for that of the settings.
        settings: the settings.

    Raises:
        FarmError: the address is wrong, or there is no role token.
    """
    from farm.core.door_address import door_address, names_door

    url = address or settings.address
    if not url or not names_door(url):
        return None
    from farm.cluster.door.client import DoorClient

    place = door_address(url)
    client = DoorClient(place, settings.token_file, settings.certificates)
    if place.is_exposed:
        note(f"your token goes to {place} without encryption: whoever listens in the network can use it")
    return client
