"""The files of a job, in its output."""

from __future__ import annotations

import io
import os
import signal
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.cluster.jobs import job_files
from farm.cluster.jobs.job_entrypoint import pass_on_output
from farm.cluster.jobs.job_files import END, JobOutput, Unmarked, archive_lines
from farm.core.errors import NotRunnable


@given(
    st.lists(st.tuples(st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?", fullmatch=True), st.binary(max_size=200)), max_size=4)
)
def test_the_files_of_a_job_arrive(files: list[tuple[str, bytes]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as scratch:
        sent, got = Path(scratch) / "sent", Path(scratch) / "got"
        sent.mkdir()
        for name, content in files:
            path = sent / f"{name}.file"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        text = "\n".join(["before", *archive_lines(sent), "after", f"{END}3", ""])
        output = JobOutput()
        shown = "".join(output.feed(text[start : start + 7]) for start in range(0, len(text), 7))
        assert shown == "before\nafter\n"
        assert output.exit_code == 3
        output.write_files(got)
        for path in sent.rglob("*.file"):
            assert (got / path.relative_to(sent)).read_bytes() == path.read_bytes()


def test_an_archive_writes_only_into_its_folder(tmp_path: Path) -> None:
    import io
    import tarfile
    from base64 import b64encode

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("../escaped"), io.BytesIO())
    output = JobOutput()
    output.feed(f"::farm-parcel::{b64encode(buffer.getvalue()).decode()}\n")
    with pytest.raises(NotRunnable, match="not a file of a report"):
        output.write_files(tmp_path / "out")
    assert not (tmp_path / "escaped").exists()
    damaged = JobOutput()
    damaged.feed("::farm-parcel::!!!\n")
    with pytest.raises(NotRunnable, match="damaged"):
        damaged.write_files(tmp_path / "out")


@given(
    st.lists(st.sampled_from(["::farm-exit::0", "::farm-", "parcel::", "::", ":", "\n", "\r", "a"]), max_size=20),
    st.integers(1, 9),
)
def test_a_command_prints_no_mark(pieces: list[str], size: int) -> None:
    text = "".join(pieces).encode()
    unmarked = Unmarked()
    passed = b"".join(unmarked.feed(text[start : start + size]) for start in range(0, len(text), size))
    passed += unmarked.finish()
    assert b"::farm-" not in passed
    assert passed.replace(b":: farm-", b"::farm-") == text
    output = JobOutput()
    output.feed(passed.decode() + f"\n{END}1\n")
    assert output.exit_code == 1


def test_output_ends_with_its_process(tmp_path: Path) -> None:
    # the child of the command holds its output open, and would go on printing
    command = f"printf '{END}0\\nunfinished'; sleep 600 & echo $! > {tmp_path / 'child'}; exit 3"
    passed = io.BytesIO()
    process = subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE)
    try:
        pass_on_output(process, passed)
        assert process.wait() == 3
    finally:
        os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)
    assert passed.getvalue() == b":: farm-exit::0\nunfinished\n"


def test_what_comes_from_a_job_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for code in ("999", "-1", "٣", "0x1", ""):
        output = JobOutput()
        output.feed(f"{END}{code}\n")
        assert output.exit_code is None
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(bytes(1000))
    lines = "".join(f"{line}\n" for line in archive_lines(tmp_path))
    for bound in ("LARGEST_BYTES", "MOST_FILES"):
        with monkeypatch.context() as patch:
            patch.setattr(job_files, bound, 1)
            with pytest.raises(NotRunnable, match="too large"):
                _bring_back(lines, tmp_path / "out")


def _bring_back(text: str, folder: Path) -> None:
    output = JobOutput()
    output.feed(text)
    output.write_files(folder)
