"""The user and the host of this process, under which its runs, holds, jobs and leases are shown."""

from __future__ import annotations

import getpass
import os
import socket


def own_user() -> str:
    """Return the user's name, or the user's id where it has no name, as in some containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def user_at_host() -> str:
    """Return the user and the host."""
    return f"{own_user()}@{socket.gethostname()}"
