"""The folder that comes along with a job: received on disk, looked through, and packed anew for the job."""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from farm.cluster.door.job_policy import SHIPPED_FOLDER
from farm.cluster.jobs.job_files import MOST_FILES
from farm.core.errors import FarmError
from farm.core.plain_words import reason_of

LARGEST_BYTES = 500_000_000
"""How much the files of a folder may take, unpacked."""
LARGEST_LIST = 2 * 2**20
"""Bytes of an archive's list of files: it is read into memory as a whole."""
_PIECE = 2**20
"""Bytes that are unpacked at once."""
_JOB_FILE = ".farm-job"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LONGEST_NAME = 1000
_END = struct.Struct("<12sI4xH")
"""The last bytes of a ZIP file: the size of its list and that of its comment count here (APPNOTE.TXT, 4.3.16)."""
_LOCATOR = 20
"""Bytes of what stands before them in a file of the 64-bit form (APPNOTE.TXT, 4.3.15)."""


def pack_for_job(job: str, received: Path, package: Path) -> None:
    """Pack the working directory of a job, with the received files below a folder that no module can be imported from.

    Nothing of the received archive is trusted: neither names nor sizes, and no file's mode or date goes on.

    Args:
        job: the job's id; it is in the package, since Ray gives jobs with equal packages the same folder.
        received: the archive; an empty file if no folder comes along.
        package: the file to write.

    Raises:
        FarmError: it is no ZIP file, or holds something else than files inside one folder, or too much.
    """
    try:
        with zipfile.ZipFile(package, "w", compresslevel=1) as target:
            target.writestr(_entry(SHIPPED_FOLDER + "/", 0o755 | stat.S_IFDIR), b"")
            target.writestr(_entry(_JOB_FILE, 0o600 | stat.S_IFREG), job)
            if received.stat().st_size:
                _check_list(received)
                with zipfile.ZipFile(received) as source:
                    _copy(source, target)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise FarmError(f"the folder did not arrive as a ZIP file: {reason_of(error)}") from error


def _copy(source: zipfile.ZipFile, target: zipfile.ZipFile) -> None:
    left = LARGEST_BYTES
    for member, name in _files(source):
        with source.open(member) as content, target.open(_entry(name, 0o644 | stat.S_IFREG), "w") as copy:
            while piece := content.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    raise FarmError(f"the folder has more than {LARGEST_BYTES / 1e6:.0f} MB unpacked")
                copy.write(piece)


def _check_list(file: Path) -> None:
    """Make sure that the list of an archive's files is small; its last bytes say so, as `farm submit` writes them.

    Raises:
        FarmError: it is large, or the archive doesn't end with the size of its list.
    """
    with file.open("rb") as archive:
        size = archive.seek(0, os.SEEK_END)
        archive.seek(max(0, size - _END.size - _LOCATOR))
        tail = archive.read()
    end = tail[-_END.size :]
    if len(end) < _END.size or not end.startswith(b"PK\5\6") or tail[: -_END.size].startswith(b"PK\6\7"):
        raise FarmError("the folder did not arrive as a ZIP file, or as one of more than 4 GiB")
    _, list_size, comment = _END.unpack(end)
    if list_size > LARGEST_LIST or comment:
        raise FarmError(f"the folder's ZIP file lists more than {LARGEST_LIST} bytes of names, or has a comment")


def _files(source: zipfile.ZipFile) -> Iterator[tuple[zipfile.ZipInfo, str]]:
    """The files of an archive, each with its name in the job's working directory."""
    members = source.infolist()
    if len(members) > MOST_FILES:
        raise FarmError(f"the folder has more than {MOST_FILES} files")
    names: set[PurePosixPath] = set()
    folders: set[PurePosixPath] = set()
    for member in members:
        path = PurePosixPath(member.filename)
        if member.is_dir():
            continue
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or member.flag_bits & 1 or member.compress_type not in _METHODS:
            raise FarmError(f"the folder's {_shown(member)} is a link, is encrypted, or is no file")
        if not _is_inside(member.filename, path):
            raise FarmError(f"the folder's {_shown(member)} is outside of the folder")
        if path in names or path in folders or names & set(path.parents):
            raise FarmError(f"the folder has {_shown(member)} twice")
        names.add(path)
        folders |= set(path.parents)
        yield member, str(PurePosixPath(SHIPPED_FOLDER) / path)


def _is_inside(text: str, path: PurePosixPath) -> bool:
    return (
        0 < len(text) <= _LONGEST_NAME
        and bool(path.name)
        and text.isprintable()
        and "\\" not in text
        and not path.is_absolute()
        and ".." not in path.parts
    )


def _shown(member: zipfile.ZipInfo) -> str:
    return repr(member.filename[:100])


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
