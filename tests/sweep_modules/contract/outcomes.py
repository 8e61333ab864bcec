"""Every way in which `run()` can end."""

import os
import sys
import time

TIMEOUT = 3

parameters = {
    "nightly": {
        "way": [
            "true",
            "false",
            "pair",
            "assertion",
            "memory",
            "watcher",
            "device_hang",
            "nothing",
            "exit",
        ],
    },
    "deadly": {"way": ["abort", "sleep", "true"]},
}

RAISES = {
    "assertion": AssertionError("0.12 is not 0.99"),
    "memory": RuntimeError("TT_FATAL: Out of Memory: Not enough space to allocate 12 B L1 buffer"),
    "watcher": RuntimeError("Watcher stopped the device"),
    "device_hang": RuntimeError("TIMEOUT: device timeout in fetch queue wait, potential hang detected"),
}


def run(way, *, device):
    if way in RAISES:
        raise RAISES[way]
    if way == "abort":
        os.abort()
    if way == "sleep":
        time.sleep(60)
    if way == "exit":
        sys.exit("enough")
    if way == "nothing":
        return None
    if way == "pair":
        return [(True, "1.0"), 2_000_000]
    return way == "true", "0.5"
