"""The user that a host's isolated workers run as, and what that user must be able to read."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from farm.board.launch_plan import Account
from farm.board.packages import PACKAGES
from farm.core.errors import NotRunnable
from farm.core.settings import load_settings
from farm.core.ttnn_install import installed_ttnn

_UNREADABLE = 'for place; do test -r "$place" || { echo "$place"; exit 1; }; done'


def other_user() -> Account:
    """The user that `FARM_ISOLATE_USER` names.

    Raises:
        NotRunnable: it names none, or this process may not become that user.
    """
    name, host = load_settings().isolate_user, socket.gethostname()
    if name is None:
        raise NotRunnable(f"--isolate user needs a user on {host}: name one with FARM_ISOLATE_USER or in farm.toml")
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise NotRunnable(f"--isolate user: {host} has no user {name}: correct FARM_ISOLATE_USER") from None
    if entry.pw_uid in (0, os.geteuid()):
        raise NotRunnable(f"--isolate user: {name} is root, or farm's own user: name another in FARM_ISOLATE_USER")
    program = shutil.which("setpriv")
    if os.geteuid() or program is None:
        raise NotRunnable(
            f"--isolate user needs root and setpriv (of util-linux) on {host}, to become {name}: run farm as root "
            "there, or use --isolate container, for which no root is needed"
        )
    return Account(name, entry.pw_uid, entry.pw_gid, program)


def require_readable(account: Account, python: str, readable: Iterable[Path]) -> None:
    """Check that a user may read what a worker needs.

    Args:
        account: the user.
        python: the worker's interpreter.
        readable: further folders and files that it needs.

    Raises:
        NotRunnable: it may not.
    """
    installed = Path(__file__).resolve().parents[2]
    ttnn = installed_ttnn(python)
    interpreter = Path(python or sys.executable)
    places = [
        interpreter,
        *(installed / name for name in PACKAGES),
        *([] if ttnn is None else [ttnn.package]),
        *readable,
    ]
    words = [*account.prefix, "/bin/sh", "-c", _UNREADABLE, "sh", *(str(place) for place in places)]
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    if result.returncode:
        place = result.stdout.strip() or result.stderr.strip()
        raise NotRunnable(
            f"--isolate user: {account.name} may not read {place} on {socket.gethostname()}: give it the right, or use "
            "--isolate container"
        )
