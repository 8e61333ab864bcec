"""Folders that come along with jobs: only files inside of them, of a bounded size, arrive."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from farm.board.shipping import select_files
from farm.cluster.door import shipment
from farm.cluster.door.job_policy import SHIPPED_FOLDER
from farm.cluster.door.shipment import pack_for_job
from farm.cluster.jobs.job_package import write_package
from farm.core.errors import FarmError

JOB = "farm-0123456789abcdef"


def archive(folder: Path, *entries: tuple[str | zipfile.ZipInfo, str]) -> Path:
    path = folder / "received.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry, text in entries:
            target.writestr(entry, text)
    return path


def refusal(received: Path) -> str:
    with pytest.raises(FarmError) as caught:
        pack_for_job(JOB, received, received.with_name("package.zip"))
    return str(caught.value)


def test_what_farm_submit_ships_arrives_below_the_folder(tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    (sent / "mine").mkdir(parents=True)
    (sent / "mine" / "a.py").write_text("parameters = {}")
    (sent / "json.py").write_text("raise SystemExit")
    received, package = tmp_path / "received.zip", tmp_path / "package.zip"
    write_package(received, select_files(sent), {})
    pack_for_job(JOB, received, package)
    with zipfile.ZipFile(package) as content:
        assert sorted(content.namelist()) == [
            ".farm-job",
            f"{SHIPPED_FOLDER}/",
            f"{SHIPPED_FOLDER}/json.py",
            f"{SHIPPED_FOLDER}/mine/a.py",
        ]
        assert content.read(f"{SHIPPED_FOLDER}/mine/a.py") == b"parameters = {}"
        assert all(not stat.S_ISLNK(each.external_attr >> 16) for each in content.infolist())


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "a\\b", "..", "a\nb", "x" * 2000])
def test_a_file_outside_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    assert "is outside of the folder" in refusal(archive(tmp_path, (name, "")))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK])
def test_only_files_arrive(tmp_path: Path, kind: int) -> None:
    entry = zipfile.ZipInfo("link")
    entry.external_attr = (kind | 0o777) << 16
    assert "is a link, is encrypted, or is no file" in refusal(archive(tmp_path, (entry, "/etc/passwd")))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [("a", "a"), ("a", "./a"), ("a", "a/b"), ("a/b", "a"), ("a/b", "a//b")])
def test_no_file_takes_the_place_of_another(tmp_path: Path, names: tuple[str, str]) -> None:
    assert "twice" in refusal(archive(tmp_path, *((name, "") for name in names)))


def test_a_bomb_is_unpacked_no_further_than_to_its_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipment, "LARGEST_BYTES", 3 << 20)
    assert "MB unpacked" in refusal(archive(tmp_path, ("zeros", "0" * (4 << 20))))


def test_a_bomb_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    received = archive(tmp_path, ("zeros", "0" * (1 << 20)))
    data = received.read_bytes()
    received.write_bytes(data.replace((1 << 20).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    assert "did not arrive as a ZIP file" in refusal(received)


def test_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipment, "MOST_FILES", 2)
    assert "more than 2 files" in refusal(archive(tmp_path, ("a", ""), ("b", ""), ("c", "")))


def test_a_large_list_of_files_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipment, "LARGEST_LIST", 50)
    assert "lists more than 50 bytes" in refusal(archive(tmp_path, ("a", ""), ("b", "")))


@pytest.mark.parametrize(
    "data", [b"x", b"PK\5\6" + b"\0" * 18 + b"x", b"PK\5\6" * 100, b"PK\6\7" + b"\0" * 16 + b"PK\5\6" + b"\0" * 18]
)
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    received = tmp_path / "received.zip"
    received.write_bytes(data)
    assert "ZIP file" in refusal(received)


def test_an_encrypted_file_is_refused(tmp_path: Path) -> None:
    received = archive(tmp_path, ("a", "text"))
    data = bytearray(received.read_bytes())
    data[6] |= 1  # of the file's own header
    data[data.index(b"PK\1\2") + 8] |= 1  # of the list
    received.write_bytes(bytes(data))
    assert "is encrypted" in refusal(received)
