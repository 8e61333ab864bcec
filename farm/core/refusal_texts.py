"""What ttnn's refusals say of a board: how many bytes of which memory a call lacks, or that it needs other cores.

`farm.core.failure_texts` decides the verdict. These texts are read for what is in them; a refusal that says nothing of
the board is in none of the tables. The words were compared with those in the libraries of the ttnn 0.66.0 and 0.81.1
wheels.
"""

from __future__ import annotations

import re
from enum import Enum


class Need(Enum):
    """What of a board a refused call needs otherwise."""

    GRID = "grid"
    """Other compute cores on a chip."""
    BANKS = "banks"
    """More banks of DRAM on a chip."""
    ARCHITECTURE = "architecture"
    """Chips of another architecture."""


_LARGEST = (
    r"(?:[^(]*\([^)]*largest free block: (?P<block>\d+) B)?"
    r"(?:[^(]*\([^(]*\([^(]*placeable across \d+ window\(s\), largest (?P<window>\d+) B)?"
)
_MEMORY = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # program.cpp: circular buffers, which every core of the range has
        r"grow to (?P<needed>\d+) B which is beyond max L1 size of (?P<available>\d+) B",
        r"L1 buffer allocated at (?P<available>\d+) and static \w+ buffer region ends at (?P<needed>\d+)",
        r"Program size \((?P<needed>\d+)\) too large for kernel config buffer \((?P<available>\d+)\)",
        # circular_buffer_config.cpp
        r"circular buffer size to (?P<needed>\d+)\. This is larger than the associated dynamically allocated L1 buffer "
        r"bank size of (?P<available>\d+) B",
        # bank_manager.cpp
        rf"each bank needs to store (?P<needed>\d+) B, but bank size is (?:only )?(?P<available>\d+) B{_LARGEST}",
        rf"\((?P<needed>\d+) B per bank\), bank size is (?P<available>\d+) B{_LARGEST}",
        # allocator.cpp: L1 is filled from its end
        r"Cannot allocate at an address below (?P<needed>\d+)\. Allocation at (?P<available>\d+)",
    )
)
_NEEDS = tuple(
    (re.compile(pattern, re.IGNORECASE), need)
    for pattern, need in (
        # the grid that the device has, in the condition or in the text; not that of a program config or a shard spec
        (r"device\w*(\(\))?(->|\.)\s*compute_with_storage_grid_size|device_compute_with_storage_grid_size", Need.GRID),
        (r"<= device_grid\.|device_(grid|cores(_set)?|worker_cores)\.contains\(", Need.GRID),
        (r"(<=|exceeds?|maximum|within|in|of|for)( the| maximum)? device (compute )?grid", Need.GRID),
        (r"device grid must have at least|expected (at least )?\d+x\d+ compute grid", Need.GRID),
        (r"fit the \d+x\d+ compute grid", Need.GRID),
        (r"(must be less|must be smaller) than (compute )?grid size[ ,(]", Need.GRID),
        (r"less than or equal to total grid available|core grid out of bound", Need.GRID),
        (r"(outside|off|subset of) (the )?worker grid|more cores than the device\b", Need.GRID),
        (r"not enough cores available on the subdevice or device", Need.GRID),
        (r"targets? node \(\d+, ?\d+\), which is out of bounds|has no L1 bank on this device", Need.GRID),
        (r"has no DRAM bank on this device", Need.BANKS),
        (r"(only|not) (currently )?supported (only )?(on|by|for) (\w+ )?(Wormhole|Blackhole)", Need.ARCHITECTURE),
        (r"supported only (on|by|for) (Wormhole|Blackhole)|only available in (Wormhole|Blackhole)", Need.ARCHITECTURE),
        (r"not support(ing)? (Wormhole|Blackhole|this device arch)", Need.ARCHITECTURE),
        # not the tile sizes that ttnn names beside a shard's shape
        (r"not supported (on|for) (this )?arch|(?<!while )\bon this architecture", Need.ARCHITECTURE),
        (r"arch(\(\))? [!=]= (tt::)?ARCH::|get_arch_name\(\) [!=]= \"", Need.ARCHITECTURE),
    )
)


def missing_bytes(message: str) -> int | None:
    """How many bytes a refused call lacks: of L1 on a core, or of a bank of DRAM; None where the text doesn't say.

    >>> missing_bytes("... core range [0-0 - 7-3] grow to 1613504 B which is beyond max L1 size of 1572864 B")
    40640
    """
    for pattern in _MEMORY:
        if match := pattern.search(message):
            sizes = {name: int(size) for name, size in match.groupdict().items() if size is not None}
            missing = sizes.pop("needed") - min(sizes.values())
            return missing if missing > 0 else None
    return None


def need_in(message: str) -> Need | None:
    """What of a board a refused call needs otherwise; None where the text says nothing of the board."""
    return next((need for pattern, need in _NEEDS if pattern.search(message)), None)
