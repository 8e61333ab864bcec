"""The files of a job, sent in its output as lines of their own: a job has no other way to send anything back.

An archive is a gzipped tar in base64, cut into lines that begin with a mark. The last line of all has the exit code.
What the command itself prints is passed on by `Unmarked`, so none of its lines can begin with a mark.
"""

from __future__ import annotations

import base64
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

from farm.core.errors import NotRunnable

_START = b"::farm-"
"""How each mark begins."""
_ESCAPED = b":: farm-"
MARK = "::farm-parcel::"
END = "::farm-exit::"
LINE_LENGTH = 30_000
"""Characters of a line at most, without the mark."""
LARGEST_BYTES = 2**31
"""How much the files of an archive may take."""
MOST_FILES = 10_000
"""How many files an archive may hold."""


def archive_lines(folder: Path) -> Iterator[str]:
    """The lines of an archive of all files in a folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                archive.add(path, arcname=str(path.relative_to(folder)), recursive=False)
    text = base64.b64encode(buffer.getvalue()).decode("ascii")
    for start in range(0, len(text), LINE_LENGTH):
        yield MARK + text[start : start + LINE_LENGTH]


_EXIT_CODES = frozenset(map(str, range(256)))
_TOO_LARGE = "the job's report is too large to be brought back"


class Unmarked:
    """Passes a command's output on in pieces, in which no mark is left: `::farm-` becomes `:: farm-`."""

    def __init__(self) -> None:
        self._rest = b""  # what may be the beginning of a mark

    def feed(self, data: bytes) -> bytes:
        """Return the next piece; what may begin a mark at its end waits for the piece that follows."""
        text = (self._rest + data).replace(_START, _ESCAPED)
        length = next((length for length in range(len(_START) - 1, 0, -1) if text.endswith(_START[:length])), 0)
        self._rest = text[len(text) - length :]
        return text[: len(text) - length]

    def finish(self) -> bytes:
        """Return what still waits."""
        rest, self._rest = self._rest, b""
        return rest


class JobOutput:
    """Separates a job's output into the lines for people, the archive and the exit code.

    Attributes:
        exit_code: the command's; None until it came.
    """

    def __init__(self) -> None:
        self.exit_code: int | None = None
        self._parts: list[str] = []  # of the archive
        self._size = 0  # their characters
        self._unfinished_line = ""

    def feed(self, text: str) -> str:
        """Take the next piece of output; returns the part of it that is for people."""
        *lines, self._unfinished_line = (self._unfinished_line + text).split("\n")
        printed = []
        for line in lines:
            if line.startswith(MARK):
                self._take(line[len(MARK) :])
            elif (code := line.removeprefix(END)) in _EXIT_CODES and line.startswith(END):
                self.exit_code = int(code)
            else:
                printed.append(line + "\n")
        if len(self._unfinished_line) > LINE_LENGTH + len(MARK):  # no line of farm's own: nothing waits for its end
            printed.append(self._unfinished_line)
            self._unfinished_line = ""
        return "".join(printed)

    def _take(self, part: str) -> None:
        """Keep a part of the archive.

        Raises:
            NotRunnable: the parts are more than an archive may have.
        """
        self._size += len(part)
        if self._size > LARGEST_BYTES:
            raise NotRunnable(_TOO_LARGE)
        self._parts.append(part)

    def write_files(self, folder: Path) -> list[Path]:
        """Write the archive's files into a folder; none where no archive came.

        Raises:
            NotRunnable: the archive is damaged or too large, or a file in it belongs outside the folder.
        """
        if not self._parts:
            return []
        try:
            data = base64.b64decode("".join(self._parts), validate=True)
            with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
                members = _bounded_members(archive)
                return [_write(archive, member, folder) for member in members]
        except (ValueError, tarfile.TarError, EOFError, OSError) as error:
            raise NotRunnable(f"the job's report came back damaged: {error}") from error


def _bounded_members(archive: tarfile.TarFile) -> list[tarfile.TarInfo]:
    """Return the members of an archive; a bomb is read no further than to its bounds."""
    members: list[tarfile.TarInfo] = []
    size = 0
    while (member := archive.next()) is not None:
        members.append(member)
        size += member.size
        if size > LARGEST_BYTES or len(members) > MOST_FILES:
            raise NotRunnable(_TOO_LARGE)
    return members


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> Path:
    path = (folder / member.name).resolve()
    content = archive.extractfile(member) if member.isfile() else None
    if content is None or not path.is_relative_to(folder.resolve()):
        raise NotRunnable(f"the job's report holds {member.name!r}, which is not a file of a report")
    data = content.read()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise NotRunnable(f"{path} can't be written: {error.strerror or error}") from error
    return path
