"""Files: every way one can be wrong has its own words, and writing is all or nothing."""

from __future__ import annotations

import errno
import gzip
import os
import stat
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.errors import MasterError, TracerError
from tracer.formats.reader import is_missing
from tracer.master import files
from tracer.master.master import Master

GOOD = '{"operations": {"ttnn.add": {"configurations": [{"arguments": {"arg0": 1}}]}}}'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (GOOD[:40].encode(), "cut off at line 1, column"),
        (b'{"operations": {\n"ttnn.a', "cut off at line 2, column 1"),
        (b"hello", "not JSON at line 1, column 1"),
        (b'{"a": 1}}', "not JSON at line 1, column 9"),
        (b"\xff\xfe{\x00", "not UTF-8 text (byte 0); it is UTF-16; save it as UTF-8"),
        (gzip.compress(GOOD.encode(), mtime=0), "not UTF-8 text (byte 1); it is compressed by gzip; unpack it first"),
        (b"\x89PNG", "not UTF-8 text (byte 0); farm reads these formats: master,"),
        (b"[" * 200_000, "nested deeper than 700 levels"),
        (b'{"a": ' + b"9" * 6000 + b"}", "can't be read as a master"),
        (b"[]", "no known schema"),
        (b"{}", "no known schema"),
        (b'{"operations": []}', "no known schema"),
        (b'{"operations": {"ttnn.add": 5}}', "no known schema: 'ttnn.add'"),
        (b'{"operations": {"ttnn.add": {"configurations": {}}}}', "no known schema: 'ttnn.add'"),
    ],
)
def test_each_way_to_be_wrong_has_its_own_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "master.json"
    path.write_bytes(content)
    with pytest.raises(MasterError) as raised:
        Master.read(path)
    assert words in str(raised.value)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_cut_off_anywhere_is_called_so(tmp_path: Path) -> None:
    whole = '{"operations": {"a": [1, -2.5e3, true, null, "x\\n\\u00e9"]}, "metadata": {}}'
    path = tmp_path / "master.json"
    for end in range(1, len(whole)):
        path.write_text(whole[:end])
        with pytest.raises(MasterError, match="cut off at line 1"):
            files.load(path)


def test_a_pipe_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    """Nothing may ever be written to it, and recognizing the format would take its beginning away."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(TracerError, match=f"{path}: is a pipe or device; write what it gives to a file"):
            Master.read(path)


def test_a_file_in_a_folder_that_is_closed_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may look into any folder, so the system's answer is given here."""

    def closed(self: Path, **_: object) -> os.stat_result:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    monkeypatch.setattr(Path, "stat", closed)
    with pytest.raises(TracerError, match="m.json: can't be read: Permission denied"):
        Master.read(tmp_path / "m.json")
    assert not is_missing(tmp_path / "m.json")


def test_no_file_and_a_directory(tmp_path: Path) -> None:
    with pytest.raises(MasterError, match="no such file.*farm trace"):
        files.load(tmp_path / "none.json")
    with pytest.raises(MasterError, match="is a directory"):
        files.load(tmp_path)
    with pytest.raises(MasterError, match="can't be read"):
        files.load(Path(__file__) / "master.json")


def test_a_byte_order_mark_and_pythons_own_numbers_are_read(tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    path.write_text('\ufeff{"a": [NaN, Infinity, -Infinity]}', encoding="utf-8")
    assert files.load(path) == {"a": ["nan", "inf", "-inf"]}


def test_writing_replaces_at_once_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "master.json"
    files.store(path, "one\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~_umask()
    path.chmod(0o640)
    held = path.open(encoding="utf-8")
    files.store(path, "two\n")
    with held:
        assert held.read() == "one\n"
    assert path.read_text() == "two\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["master.json"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("one\n")
    link = tmp_path / "link.json"
    link.symlink_to("real.json")
    files.store(link, "two\n")
    assert link.is_symlink()
    assert (tmp_path / "real.json").read_text() == "two\n"


def test_a_place_that_can_not_be_written_to(tmp_path: Path) -> None:
    with pytest.raises(MasterError, match="can't be written"):
        files.store(tmp_path / "none" / "master.json", "")
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(MasterError, match="can't be written"):
        files.store(tmp_path / "folder.json", "")
    assert [each.name for each in tmp_path.iterdir()] == ["folder.json"]


def test_why_a_file_can_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert files.why_unwritable(tmp_path / "new" / "master.json") == ""
    assert files.why_unwritable(tmp_path).endswith("is a folder: name a file")
    (tmp_path / "file").touch()
    assert files.why_unwritable(tmp_path / "file" / "new" / "master.json").endswith("file is a file, not a folder")
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path) != tmp_path)  # root may write anywhere
    assert files.why_unwritable(tmp_path / "new" / "x").endswith(f"the folder {tmp_path} can't be written")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@given(st.data())
def test_no_damage_to_a_file_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    content = bytearray(REAL)
    cut = data.draw(st.integers(0, len(content)))
    if data.draw(st.booleans()):
        del content[cut:]
    for place in data.draw(st.lists(st.integers(0, max(0, len(content) - 1)), max_size=4)):
        if content:
            content[place] = data.draw(st.sampled_from(list(b'{}[]",:0x\\n\xff ')))
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    path.write_bytes(bytes(content))
    with suppress(TracerError):
        Master.read(path).text()


# One configuration of each version, with something of everything.
REAL = rb"""{"operations": {"ttnn::pad": {"configurations": [[
{"UnparsedElement": {"error": "e", "element_info": "{\"arg0\": {\"MemoryConfig\":{\"memory_layout\":\"A::WIDE\",
\"buffer_type\":\"B::L1\",\"shard_spec\":{\"grid\":[{\"x\":0,\"y\":0} - {\"x\":7,\"y\":6}],\"shape\":\"{1, 2}\",
\"orientation\":\"S::ROW_MAJOR\"},\"nd_shard_spec\":\"std::nullopt\"}}}"}},
{"arg1": "[[0, 0], [0, 13]]"}, {"arg2": "[ unsupported type , std::X<Y>]"}, {"arg3": {"SomeConfig": {"inplace": 0}}}]]},
"ttnn.add": {"configurations": [{"arguments": {"arg0": {"type": "ttnn.Tensor", "original_shape": [1, 2],
"original_dtype": "DataType.BFLOAT16", "layout": "Layout.TILE", "storage_type": "StorageType.DEVICE",
"memory_config": {"memory_layout": "T.INTERLEAVED", "buffer_type": "B.DRAM", "shard_spec": null, "hash": 46082544},
"tensor_placement": {"placement": "['PlacementShard(-1)']", "distribution_shape": "[2]",
"mesh_device_shape": "[1, 2]"}},
"dtype": {"type": "DataType", "repr": "DataType.BFLOAT16"}, "program_config": {"type": "SDPAProgramConfig",
"value": "SDPAProgramConfig(compute_with_storage_grid_size=(x=8,y=8), q_chunk_size=0)"}}, "config_hash": "abc",
"executions": [{"source": "a.py", "count": 1, "machine_info": {"board_type": "Wormhole"}, "trace_uid": "t"}]}]}},
"metadata": {"models": ["a.py"]}}"""
