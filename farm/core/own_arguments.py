"""Hide the secrets among this process's arguments from `ps`, and from Ray, which records its driver's command line."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from pathlib import Path

from farm.core.process_stat import stat_fields
from farm.core.secret_texts import shown_words

_ARGUMENTS_START = 45
"""The index of `arg_start` among the `stat_fields` of a process."""


def hide_own_secrets() -> None:
    """Overwrite the secrets among this process's arguments where the kernel reads them; `sys.argv` keeps them.

    Only Linux shows where they are; elsewhere nothing is done.
    """
    with suppress(OSError, ValueError, IndexError):
        words = Path("/proc/self/cmdline").read_bytes().split(b"\0")[:-1]
        fields = stat_fields("self")
        if fields is None or (address := int(fields[_ARGUMENTS_START])) == 0:  # this process may not know
            return
        shown = shown_words([word.decode("utf-8", "surrogateescape") for word in words])
        for word, text in zip(words, shown, strict=True):
            hidden = text.encode("utf-8", "surrogateescape")
            if hidden != word:
                ctypes.memmove(address, hidden[: len(word)].ljust(len(word), b"*"), len(word))
            address += len(word) + 1
