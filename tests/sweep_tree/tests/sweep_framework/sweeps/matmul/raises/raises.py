"""Exceptions of several kinds."""


class UnreadableError(Exception):
    def __str__(self):
        raise ValueError("no text")


ERRORS = {
    "value": ValueError("per_core_M"),
    "memory": RuntimeError("Out of Memory: Not enough space to allocate 3 B L1 buffer"),
    "watcher": RuntimeError("Watcher detected NOC error"),
    "exit": SystemExit(3),
    "interrupt": KeyboardInterrupt(),
    "unreadable": UnreadableError(),
}
parameters = {"nightly": {"way": list(ERRORS)}}


def run(way, *, device):
    raise ERRORS[way]
