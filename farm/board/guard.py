"""A guard beside a worker or a model's process, which ends it when its supervisor dies, whatever the cause.

It is a shell of a few kilobytes that waits for the end of a pipe which only the supervisor holds open.
"""

from __future__ import annotations

import os
import subprocess

_SCRIPT = """
read -r _
for signal in INT TERM KILL; do
    kill -"$signal" -"$1" 2>/dev/null || exit 0
    kill -CONT -"$1" 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10; do kill -0 -"$1" 2>/dev/null || exit 0; sleep 1; done
done
"""


class Guard:
    """The guard of one process group."""

    def __init__(self, group: int) -> None:
        """Start guarding.

        Args:
            group: the group's id, which is its leader's process id.
        """
        watched, self._held = os.pipe()
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _SCRIPT, "farm-guard", str(group)],
            stdin=watched,  # a shell reads from no other descriptor of two digits
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(watched)

    def end(self) -> None:
        """Stop guarding."""
        self._process.kill()
        self._process.wait()
        os.close(self._held)
