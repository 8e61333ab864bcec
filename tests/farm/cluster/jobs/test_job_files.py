"""The files of a job, in its output."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.cluster.jobs.job_files import END, JobOutput, archive_lines
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
