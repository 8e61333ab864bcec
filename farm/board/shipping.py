"""Folders that are sent to the hosts of a farm, with the models or sweep modules that run in them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from pathspec import GitIgnoreSpec

from farm.core.errors import FarmError
from farm.core.secret_files import holds_private_key, is_secret_file_name

MAX_BYTES = 50_000_000
"""The largest packed folder: for models' code and a few small files, not for weights."""

_SKIPPED = frozenset({".git", ".venv", "__pycache__", "generated", "node_modules", ".pytest_cache"})
_IGNORE_FILES = (".gitignore", ".rayignore")
"""Files that list what is not sent, in Git's form."""
_SHOWN = 6
"""How many names a message lists."""


@dataclass(frozen=True)
class Shipment:
    """What of a folder is sent.

    Attributes:
        folder: the folder.
        files: the files that are sent, relative to it.
        left_out: what isn't sent, relative to it: folders end with a slash, and links say where they lead.
        secrets: those of the files that look like secrets.
    """

    folder: Path
    files: tuple[PurePath, ...]
    left_out: tuple[str, ...]
    secrets: tuple[PurePath, ...]

    def refuse_secrets(self, advice: str) -> None:
        """Refuse to send what looks like a secret.

        Raises:
            FarmError: there is such a file.
        """
        if self.secrets:
            names = _listed([str(path) for path in self.secrets])
            raise FarmError(f"{self.folder} holds files that look like secrets: {names}; {advice}")

    def summary(self) -> str:
        """Return a line that says what is sent and what is not."""
        files = "1 file goes" if len(self.files) == 1 else f"{len(self.files)} files go"
        rest = f"; left out: {_listed(self.left_out)}" if self.left_out else ""
        return f"{files} along from {self.folder}{rest}"

    def write(self, archive: zipfile.ZipFile) -> None:
        """Write the files into an archive.

        Raises:
            FarmError: a file can't be read, or they are too large to be sent.
        """
        try:
            for path in self.files:
                archive.write(self.folder / path, path)
                if archive.fp is not None and archive.fp.tell() > MAX_BYTES:
                    raise FarmError(
                        f"{self.folder} is too large to send to the hosts (over {MAX_BYTES / 1e6:.0f} MB packed); "
                        "put it there yourself, and name it as workdir: {host: PATH}"
                    )
        except (OSError, ValueError) as error:  # a ValueError: a date that a ZIP file can't hold
            raise FarmError(f"{self.folder} can't be sent to the hosts: {error}") from error


def select_files(folder: Path) -> Shipment:
    """Choose what of a folder is sent.

    Left out are the files that tools leave behind, what `.gitignore` and `.rayignore` list, links that lead out of the
    folder, and what is no file.

    Raises:
        FarmError: the folder can't be read.
    """
    files: list[PurePath] = []
    left_out: list[str] = []
    try:
        root = folder.resolve()
        for path, is_sent in _entries(folder, root, (), (root,)):
            relative = path.relative_to(folder)
            if is_sent:
                files.append(relative)
            else:
                left_out.append(_named(path, relative))
        secrets = [path for path in files if _is_secret(folder / path, path, root)]
    except OSError as error:
        raise FarmError(f"{folder} can't be sent to the hosts: {error}") from error
    return Shipment(folder, tuple(files), tuple(left_out), tuple(secrets))


def pack(folder: Path) -> bytes:
    """Pack a folder's files into one archive, without those that `select_files` leaves out.

    Raises:
        FarmError: it can't be read, is too large to send, or holds what looks like a secret.
    """
    shipment = select_files(folder)
    shipment.refuse_secrets("move them away, or list them in its .gitignore")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        shipment.write(archive)
    return packed.getvalue()


def unpack(packed: bytes, folder: Path) -> Path:
    """Unpack a folder into a new one, and return it."""
    folder.mkdir(parents=True)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(folder)  # zipfile itself keeps paths inside
    return folder


_Ignores = tuple[tuple[Path, GitIgnoreSpec], ...]
"""The lists of what isn't sent that hold in a folder, each with the folder that it stands in."""


def _entries(folder: Path, root: Path, ignores: _Ignores, above: tuple[Path, ...]) -> Iterator[tuple[Path, bool]]:
    """Yield the files of a folder and its folders, and what is left out of them, each with whether it is sent.

    Args:
        folder: the folder.
        root: the folder that is sent, resolved.
        ignores: the lists of the folders above.
        above: the folders above and this one, resolved: a link to one of them would never end.
    """
    ignores = (*ignores, *((folder, spec) for spec in _ignore_lists(folder)))
    for path in sorted(folder.iterdir()):
        target = path.resolve()
        if path.name in _SKIPPED or _is_ignored(path, ignores) or not target.is_relative_to(root) or target in above:
            yield path, False
        elif path.is_dir():
            yield from _entries(path, root, ignores, (*above, target))
        else:
            yield path, path.is_file()


def _ignore_lists(folder: Path) -> Iterator[GitIgnoreSpec]:
    for name in _IGNORE_FILES:
        if (folder / name).is_file():
            text = (folder / name).read_text(encoding="utf-8", errors="replace")
            try:
                yield GitIgnoreSpec.from_lines(text.splitlines())
            except ValueError as error:
                raise FarmError(f"{folder / name}: {error}") from error


def _is_ignored(path: Path, ignores: _Ignores) -> bool:
    """Whether a list names it; a deeper list wins."""
    for folder, spec in reversed(ignores):
        name = path.relative_to(folder).as_posix() + ("/" if path.is_dir() else "")
        included = spec.check_file(name).include
        if included is not None:
            return included
    return False


def _is_secret(file: Path, relative: PurePath, root: Path) -> bool:
    names = (relative, file.resolve().relative_to(root))
    return any(map(is_secret_file_name, names)) or holds_private_key(file)


def _named(path: Path, relative: PurePath) -> str:
    if path.is_symlink():
        return f"{relative} -> {path.readlink()}"
    return f"{relative}/" if path.is_dir() else str(relative)


def _listed(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
