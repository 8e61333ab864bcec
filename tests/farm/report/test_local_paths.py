"""What remains of paths in texts that leave the host."""

from __future__ import annotations

from pathlib import Path, PurePath

import pytest

from farm.core.sweep_module import SweepModule
from farm.report.local_paths import LocalPaths, module_paths

ROOT = PurePath("/tmp/my tests/x")  # noqa: S108 - no file


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "TT_FATAL @ /project/ttnn/cpp/ttnn/operations/conv.cpp:12: x",
            "TT_FATAL @ ttnn/cpp/ttnn/operations/conv.cpp:12: x",
        ),
        ('  File "/tmp/my tests/x/unary/relu.py", line 3', '  File "unary/relu.py", line 3'),
        ("in /tmp/my tests/x: no relu", "in x: no relu"),
        ("[Errno 2] No such file: '/home/me/my data/w.bin'", "[Errno 2] No such file: 'w.bin'"),
        ("/home/u/.venv/lib/python3.12/site-packages/ttnn/core.py:77", "ttnn/core.py:77"),
        ("/usr/lib/python3.12/json/decoder.py", "python3.12/json/decoder.py"),
        ("/opt/tt-metal/tests/sweep_framework/sweeps/a.py", "tests/sweep_framework/sweeps/a.py"),
        ("g++ -I/usr/include/foo ~/a/b.o", "g++ -Ifoo b.o"),
        ("PATH=/a/b:/c/d file:///tmp/a/b.html", "PATH=b:d b.html"),
        (r"first\n/tmp/a/b", r"first\nb"),
        ("(/tmp/a/b) [/tmp/été/é]", "(b) [é]"),
    ],
)
def test_the_local_part_of_a_path_is_cut(text: str, shown: str) -> None:
    assert LocalPaths([ROOT]).cut(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://docs.example.com/a/b?x=/1 and s3://bucket/x",
        "and/or, N/A, 1/2, 3 / 4, 12 GB/s",
        "can't open /dev/tenstorrent/0, see /proc/1/maps",
        "tests/sweep_framework/sweeps/a.py::test[1/2]",
        "",
    ],
)
def test_what_is_no_local_path_stays(text: str) -> None:
    assert LocalPaths([ROOT]).cut(text) == text


def test_a_module_is_shown_by_its_place_in_the_checkout_or_the_folder() -> None:
    home = Path("/srv/metal")
    file = home / "tests/sweep_framework/sweeps/unary/relu.py"
    inside = SweepModule("unary.relu", file, (home, file.parent.parent), home=home)
    assert module_paths(inside).cut(f"at {file}:3") == "at tests/sweep_framework/sweeps/unary/relu.py:3"
    assert (
        module_paths(SweepModule("unary.relu", file, (file.parent.parent,))).cut(f"at {file}:3") == "at unary/relu.py:3"
    )
    assert module_paths(SweepModule("a.b.c.d.e", Path("/e.py"))).cut("/x/e.py") == "e.py"
