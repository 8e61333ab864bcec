"""Remove the local part of paths in texts that leave the host: a checkout's location, a home, a temporary folder.

What remains says which file it is: the path inside the checkout, the folder of sweep modules or the package.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import PurePath

from farm.core.sweep_module import SweepModule

_START = r"(?:(?<![\w.~/-])|(?<=-[ILB])|(?<=\\[nt]))"
"""Not inside a word, a number or a URL, but right after a compiler's -I, or after an escaped line break."""
_PART = r"[^\s/\"'`<>|:;,()\[\]{}*?=\\]+"
_PATH = re.compile(
    # in quotes, a path may have spaces
    r"(?P<quote>[\"'`])(?P<quoted>(?:file://)?~?/[^\s\"'`/][^\"'`\n/]*(?:/[^\"'`\n/]*)+)(?P=quote)"
    rf"|{_START}(?P<plain>(?:file://)?(?:~(?:/{_PART})+|(?:/{_PART}){{2,}})/?)"
)
_OF_EVERY_HOST = ("/dev/tenstorrent", "/dev/hugepages", "/proc/", "/sys/")
_PACKAGES = frozenset({"site-packages", "dist-packages"})
_CHECKOUT = "tt-metal"
_IN_CHECKOUT = frozenset({"ttnn", "tt_metal", "tt_stl", "tests", "models"})
_PYTHON = re.compile(r"python3\.\d+t?")


class LocalPaths:
    """Cuts the local part of paths.

    Args:
        roots: folders whose files are shown by their path inside.
    """

    def __init__(self, roots: Iterable[PurePath] = ()) -> None:
        texts = {str(root) for root in roots if root.is_absolute() and len(root.parts) > 1}
        longest_first = sorted(texts, key=lambda text: (-len(text), text))
        names = "|".join(re.escape(root) for root in longest_first)
        pattern = rf"{_START}(?:file://)?(?P<root>{names})(?:(?P<inside>/)|(?![\w.~-]))"
        self._root = re.compile(pattern if names else r"(?!)")

    def cut(self, text: str) -> str:
        """Return a text without the local part of the paths in it."""
        if "/" not in text:
            return text
        return _PATH.sub(_shown, self._root.sub(_without_root, text))


def _without_root(match: re.Match[str]) -> str:
    return "" if match["inside"] else PurePath(match["root"]).name


def _shown(match: re.Match[str]) -> str:
    quote = match["quote"] or ""
    path = (match["quoted"] or match["plain"]).removeprefix("file://")
    return f"{quote}{shown_path(path)}{quote}"


def module_paths(module: SweepModule) -> LocalPaths:
    """Return what cuts the paths of a sweep module: files are shown by their path in its checkout or folder."""
    return _module_paths(module.name, module.file, module.home, module.paths)


@lru_cache(maxsize=1024)
def _module_paths(name: str, file: PurePath, home: PurePath | None, folders: tuple[PurePath, ...]) -> LocalPaths:
    depth = name.count(".")
    parents = file.parents
    root = parents[depth] if depth < len(parents) else file.parent
    return LocalPaths([root, *folders] if home is None else [home])


def shown_path(path: str) -> str:
    """Return the part of a path that is the same on every host; of an unknown path, its last name."""
    if path.startswith(_OF_EVERY_HOST):
        return path
    parts = [part for part in path.split("/") if part not in ("", "~")]
    for at in range(len(parts) - 2, -1, -1):
        if parts[at] in _PACKAGES or parts[at] == _CHECKOUT:
            return "/".join(parts[at + 1 :])
    for at, part in enumerate(parts[:-1]):
        if part in _IN_CHECKOUT or _PYTHON.fullmatch(part):
            return "/".join(parts[at:])
    return parts[-1] if parts else ""
