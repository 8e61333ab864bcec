"""Files that travel in a job's output, as lines of their own among the others: the only way back that a job has.

A parcel is a gzipped tar in base64, cut into lines that begin with a mark; the last one carries the exit code.
"""

from __future__ import annotations

import base64
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from farm.core.errors import NotRunnable

MARK = "::farm-parcel::"
END = "::farm-exit::"
LINE = 30_000
"""Characters of a line at most."""
LARGEST = 2**31
"""Bytes that a parcel may unpack to."""


def packed(folder: Path) -> Iterator[str]:
    """The lines of a parcel of everything in a folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                archive.add(path, arcname=str(path.relative_to(folder)), recursive=False)
    text = base64.b64encode(buffer.getvalue()).decode("ascii")
    for start in range(0, len(text), LINE):
        yield MARK + text[start : start + LINE]


class Unpacker:
    """Takes a job's output in pieces, gives back the lines that are for people, and keeps the rest.

    Attributes:
        exit_code: of the command, once it came.
    """

    def __init__(self) -> None:
        self.exit_code: int | None = None
        self._parts: list[str] = []
        self._left = ""

    def feed(self, text: str) -> str:
        """The part of some output that is for people."""
        *lines, self._left = (self._left + text).split("\n")
        kept = []
        for line in lines:
            if line.startswith(MARK):
                self._parts.append(line[len(MARK) :])
            elif line.startswith(END) and line[len(END) :].isdecimal():
                self.exit_code = int(line[len(END) :])
            else:
                kept.append(line + "\n")
        return "".join(kept)

    def unpack(self, folder: Path) -> list[Path]:
        """Writes the parcel's files into a folder; none where none came.

        Raises:
            NotRunnable: the parcel is damaged, or a file in it would land elsewhere.
        """
        if not self._parts:
            return []
        try:
            data = base64.b64decode("".join(self._parts), validate=True)
            with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
                members = archive.getmembers()
                if sum(member.size for member in members) > LARGEST:
                    raise NotRunnable("the job's report is too large to be brought back")
                written = [_write(archive, member, folder) for member in members]
        except (ValueError, tarfile.TarError, EOFError, OSError) as error:
            raise NotRunnable(f"the job's report came back damaged: {error}") from error
        return written


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> Path:
    path = (folder / member.name).resolve()
    content = archive.extractfile(member) if member.isfile() else None
    if content is None or not path.is_relative_to(folder.resolve()):
        raise NotRunnable(f"the job's report holds {member.name!r}, which is no file of a report")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.read())
    return path
