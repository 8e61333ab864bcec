"""The null toolchain: a compiler that writes empty kernels, for mock boards, which never run one.

From 0.67 on, ttnn compiles kernels for mock boards too, and refuses to open one without Tenstorrent's sfpi toolchain.
Farm gives it a runtime root of its own: links to all that the installed ttnn has there, beside a compiler that writes
the smallest ELF file that ttnn's loader accepts, in about a millisecond. The installed ttnn stays as it is.

The kernels go into a cache of their own, whatever `TT_METAL_CACHE` says: a board that computes must never find them.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import socket
import struct
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import platformdirs
from packaging.version import Version

from farm.core.errors import NotRunnable
from farm.core.measures import KERNELS_VARIABLE
from farm.core.ttnn_install import TtnnInstall

ROOT_VARIABLE = "TT_METAL_RUNTIME_ROOT"
"""ttnn's variable for the folder with `tt_metal` and `runtime`. A value that the user has set is kept."""
HOME_VARIABLE = "TT_METAL_HOME"
"""tt-metal's older variable for it. ttnn looks for no toolchain there; it is passed on as it is."""
FIRST_TO_COMPILE = Version("0.67.0.dev0")
"""The first version of ttnn that compiles kernels for mock boards."""
SYSTEM_SFPI = Path("/opt/tenstorrent/sfpi")
"""Where packages install the sfpi toolchain."""

_LINKS = ("tt_metal", "ttnn", "runtime/hw")
_COMPILER = "runtime/sfpi/compiler/bin/riscv-tt-elf-g++"
_LOG = logging.getLogger(__name__)


class Toolchain(Enum):
    """The compiler that a mock board's ttnn uses."""

    NONE = "none"
    """This ttnn compiles nothing for mock boards."""
    NULL = "null"
    """The null toolchain."""
    USERS = "user's"
    """That of the runtime root which the user has set."""


def mock_toolchain(install: TtnnInstall, environment: Mapping[str, str]) -> Toolchain:
    """Which compiler a mock board's process uses.

    Args:
        install: its ttnn.
        environment: what the process inherits.
    """
    if install.release is not None and install.release < FIRST_TO_COMPILE:
        return Toolchain.NONE
    root = environment.get(ROOT_VARIABLE)
    if not root or _is_null(root):
        return Toolchain.NULL
    return Toolchain.USERS


def toolchain_environment(
    install: TtnnInstall, environment: Mapping[str, str], cache: Path | None = None
) -> dict[str, str]:
    """The variables that a mock board's process needs for its compiler; the null toolchain is laid out if need be.

    Args:
        install: the process's ttnn.
        environment: what it inherits.
        cache: the folder of all that farm keeps for mock boards; None for the user's cache folder.

    Raises:
        NotRunnable: the null toolchain can't be written.
    """
    toolchain = mock_toolchain(install, environment)
    if toolchain is Toolchain.NONE and _is_null(environment.get(ROOT_VARIABLE, "")):
        return {ROOT_VARIABLE: str(install.runtime_root)}  # the inherited one is that of another ttnn
    if toolchain is not Toolchain.NULL:
        return {}
    layout = null_layout(install, cache)
    layout.write()
    return {ROOT_VARIABLE: str(layout.root), KERNELS_VARIABLE: str(layout.kernels)}


def sfpi_folders(install: TtnnInstall, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Where this ttnn looks for a toolchain that compiles real kernels, in its order."""
    root = environment.get(ROOT_VARIABLE)
    return (Path(root) if root else install.runtime_root) / "runtime" / "sfpi", SYSTEM_SFPI


@dataclass(frozen=True, slots=True)
class NullLayout:
    """The folders of the null toolchain for one ttnn.

    Attributes:
        source: the runtime root that the links lead to.
        root: the runtime root that farm lays out.
        kernels: the cache of its kernels.
    """

    source: Path
    root: Path
    kernels: Path

    def write(self) -> None:
        """Write the root, unless it is there. Processes that write it at the same time don't disturb each other.

        Raises:
            NotRunnable: it can't be written.
        """
        if (self.root / _COMPILER).is_file():
            return
        try:
            self.root.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=f".{self.root.name}-", dir=self.root.parent))
            draft.chmod(0o755)  # an isolated worker of another user reads it
            try:
                self._fill(draft)
                draft.rename(self.root)
            except OSError:
                shutil.rmtree(draft, ignore_errors=True)
                if not (self.root / _COMPILER).is_file():  # else another process was quicker
                    raise
        except OSError as error:
            raise NotRunnable(
                f"can't write the null toolchain of mock boards to {self.root}: {error.strerror}; "
                "let XDG_CACHE_HOME name a folder that can be written"
            ) from error
        _LOG.info("null toolchain for %s: %s", self.source, self.root)

    def _fill(self, folder: Path) -> None:
        for name in _LINKS:
            link = folder / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(self.source / name, target_is_directory=True)
        compiler = folder / _COMPILER
        compiler.parent.mkdir(parents=True)
        compiler.write_text(compiler_script(), encoding="ascii")
        compiler.chmod(0o755)


def null_layout(install: TtnnInstall, cache: Path | None = None) -> NullLayout:
    """Where the null toolchain of this ttnn is; writes nothing.

    Args:
        install: the ttnn.
        cache: see `toolchain_environment`.
    """
    root = _null_root(install, cache)
    # hosts may share a home; ttnn's own keys of kernels don't tell one build of ttnn from another
    kernels = root.parent / "kernels" / socket.gethostname() / f"{root.name}-{install.build}"
    return NullLayout(install.runtime_root, root, kernels)


def _is_null(root: str) -> bool:
    """Return whether a runtime root is one that farm laid out, as where one of its processes starts another."""
    try:
        return bool(root) and (Path(root) / _COMPILER).read_text(encoding="ascii") == compiler_script()
    except (OSError, ValueError):
        return False


def _null_root(install: TtnnInstall, cache: Path | None = None) -> Path:
    digest = hashlib.sha256(f"{install.runtime_root}\n{compiler_script()}".encode()).hexdigest()[:16]
    return (cache or platformdirs.user_cache_path("farm") / "mock") / "toolchain" / digest


def compiler_script() -> str:
    """The compiler: a POSIX shell script that starts no other program.

    It answers `--version`. Otherwise it writes the same ELF file to what follows `-o`, whether that is an object, a
    precompiled header or a linked kernel, and an empty list of dependencies to what follows `-MF`.
    """
    content = "".join(f"\\{byte:03o}" for byte in empty_elf())
    return f"""\
#!/bin/sh
# Writes an empty kernel, whatever it is to compile: mock boards never run one.
output= dependencies=
while [ $# -gt 0 ]; do
    case $1 in
    --version)
        echo 'riscv-tt-elf-g++ (null toolchain of ttnn-farm) 15.1.0'
        exit 0
        ;;
    -o)
        output=$2
        shift
        ;;
    -MF)
        dependencies=$2
        shift
        ;;
    esac
    shift
done
if [ -z "$output" ]; then
    echo 'the null toolchain of ttnn-farm writes nothing without -o' >&2
    exit 1
fi
[ -z "$dependencies" ] || printf '%s:\\n' "$output" >"$dependencies" || exit 1
printf '{content}' >"$output"
"""


def empty_elf() -> bytes:
    """The smallest file that ttnn loads as a kernel: an ELF32 executable for RISC-V.

    It has one loadable segment of one instruction (`ret`), a symbol table, and the section of relocations (an empty
    one) without which ttnn's loader refuses it. The format is that of the System V ABI, chapter 4.
    """
    names = b"\0.text\0.rela.text\0.symtab\0.strtab\0.shstrtab\0"
    text, symbols, strings = struct.pack("<I", 0x00008067), bytes(16), b"\0"
    address = 0x10000
    text_at = 52 + 32  # after the file header and one program header
    symbols_at = text_at + len(text)
    strings_at = symbols_at + len(symbols)
    names_at = strings_at + len(strings)
    sections_at = -(-(names_at + len(names)) // 4) * 4

    def section(name: bytes, *fields: int) -> bytes:
        """A section header: type, flags, address, offset, size, link, info, alignment, entry size."""
        return struct.pack("<10I", names.index(name + b"\0"), *fields)

    sections = (
        bytes(40),
        section(b".text", 1, 6, address, text_at, len(text), 0, 0, 4, 0),
        section(b".rela.text", 4, 0x40, 0, text_at, 0, 3, 1, 4, 12),  # of section 1, with the symbols of section 3
        section(b".symtab", 2, 0, 0, symbols_at, len(symbols), 4, 1, 4, 16),
        section(b".strtab", 3, 0, 0, strings_at, len(strings), 0, 0, 1, 0),
        section(b".shstrtab", 3, 0, 0, names_at, len(names), 0, 0, 1, 0),
    )
    identity = b"\x7fELF\x01\x01\x01" + bytes(9)  # 32 bits, little-endian, version 1
    file_header = struct.pack("<HHIIIIIHHHHHH", 2, 243, 1, address, 52, sections_at, 0, 52, 32, 1, 40, len(sections), 5)
    segment = struct.pack("<8I", 1, text_at, address, address, len(text), len(text), 5, 4)
    content = identity + file_header + segment + text + symbols + strings + names
    return content.ljust(sections_at, b"\0") + b"".join(sections)
