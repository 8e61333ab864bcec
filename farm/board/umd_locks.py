"""The processes that hold tt-umd's lock of a chip, asked of tt-umd in a process of its own.

    python -m farm.board.umd_locks 0 1

tt-umd takes the lock `CHIP_IN_USE_N_PCIe` of a chip that it opens. A lock has a file in `/dev/shm`; one whose process
has ended is free. Only a lock that has a file is asked, since asking for one creates it.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from farm.board.external_tools import run_tool
from farm.board.umd_reset import MODULE

LOCKS = Path("/dev/shm")  # noqa: S108 - where tt-umd keeps them
_PREFIX = "TT_UMD_LOCK."
_SECONDS = 10.0


class LockHolder(BaseModel):
    """A process that holds the lock of a chip.

    Attributes:
        device: the number of the chip's device, `/dev/tenstorrent/N`.
        pid: the process; 0 if tt-umd doesn't know it.
    """

    model_config = ConfigDict(strict=True, frozen=True)

    device: int
    pid: int


def lock_holders(devices: Collection[int], locks: Path = LOCKS, python: str = sys.executable) -> list[LockHolder]:
    """The processes that hold locks of chips; none where tt-umd is not installed.

    Args:
        devices: the numbers of the chips' devices.
        locks: the folder of the locks' files.
        python: an interpreter that may have tt-umd.
    """
    numbers = [str(number) for number in sorted(devices) if (locks / f"{_PREFIX}{_name(number)}").exists()]
    if not numbers:
        return []
    end = run_tool([python, "-m", __name__, *numbers], _SECONDS)
    return [holder for line in end.output.splitlines() if (holder := _parsed(line)) is not None]


def locked(devices: Collection[int], umd: Any) -> list[LockHolder]:
    """Ask tt-umd who holds the locks of chips.

    Args:
        devices: the numbers of their devices.
        umd: the module `tt_umd`.
    """
    holders = []
    for number in devices:
        lock = umd.RobustMutex(_name(number))
        owner = lock.probe_lock(0)
        if owner is None:
            lock.unlock()  # it was free, and has just been taken
        else:
            holders.append(LockHolder(device=number, pid=owner[0]))
    return holders


def _name(device: int) -> str:
    return f"CHIP_IN_USE_{device}_PCIe"


def _parsed(line: str) -> LockHolder | None:
    try:
        return LockHolder.model_validate_json(line)
    except ValidationError:
        return None


def main(arguments: Sequence[str]) -> int:
    """Print the holders of the locks of the named devices, a line of JSON each."""
    try:
        umd = importlib.import_module(MODULE)
    except ImportError:
        return 1
    for holder in locked([int(word) for word in arguments], umd):
        sys.stdout.write(f"\n{holder.model_dump_json()}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
