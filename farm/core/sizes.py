"""Sizes of memory, as people write and read them."""

from __future__ import annotations

from pydantic import ByteSize, TypeAdapter, ValidationError

LEAST_SHARE = 256 << 20
"""The least that a worker needs to import ttnn and to open a mock board, in bytes."""
_SIZE = TypeAdapter(ByteSize)


def parse_size(text: str) -> int:
    """Read a size such as `600M`, `4GiB` or `1.5 GB`, in bytes; a number alone is bytes.

    Raises:
        ValueError: it is none.
    """
    try:
        # by habit, `4G` of memory means 4 GiB; pydantic knows both `GB` and `GiB`, and no single letter
        written = f"{text[:-1]}{text[-1]}iB" if text[-1:].lower() in tuple("kmgt") else text
        return int(_SIZE.validate_python(written))
    except ValidationError:
        raise ValueError(f"{text!r} is not a size: write one such as 600M or 4GiB") from None


def size_text(size: float) -> str:
    """A size for people: `600 MiB`, `5.1 GiB`."""
    return f"{size / (1 << 30):.1f} GiB" if size >= 1 << 30 else f"{size / (1 << 20):.0f} MiB"


def check_share(text: str) -> str:
    """Return the size of a worker's share of memory as it was written.

    Raises:
        ValueError: it is no size, or too small for any worker.
    """
    if parse_size(text) < LEAST_SHARE:
        raise ValueError(f"{text} is too little for a worker: give at least {size_text(LEAST_SHARE)}")
    return text


def check_size(text: str) -> str:
    """Return a size as it was written.

    Raises:
        ValueError: it is no size.
    """
    parse_size(text)
    return text
