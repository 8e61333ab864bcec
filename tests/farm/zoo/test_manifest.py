"""The manifest of a zoo: its keys and its errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from farm.board.shipping import pack, unpack
from farm.core.errors import FarmError, NothingSelected
from farm.core.payload import ModelTrace
from farm.zoo.changes import changes_of
from farm.zoo.manifest import Entry, Manifest
from farm.zoo.run import plan_models, with_needed_mocks
from farm.zoo.traces import Traces
from tracer.formats.journal import JournalWriter
from tracer.formats.values_read import ValuesRead
from tracer.master.master import Master
from tracer.values import Tensor
from tracer.values.configuration import Configuration, Execution
from tracer.values.zoo_model import DRAFT, PINNED, ZooModel


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    (tmp_path / "test_a.py").write_text("def test_a(): ...\n")
    (tmp_path / "models" / "__pycache__").mkdir(parents=True)
    (tmp_path / "models" / "test_b.py").write_text("def test_b(): ...\n")
    return tmp_path / "zoo.yaml"


def test_every_key_of_an_entry(zoo: Path) -> None:
    zoo.write_text("""
models:
  - {name: a, target: "test_a.py::test_a"}
  - name: b
    target: test_b.py
    boards: {kind: [n300, T3K], mesh: [1, 2]}
    environment: {HF_MODEL: b}
    arguments: [-k, b]
    timeout: 5
    workdir: {ship: models}
""")
    manifest = Manifest.read(zoo)
    first, second = manifest.entries
    assert (first.timeout, first.workdir, manifest.folder(first)) == (600.0, None, zoo.parent)
    assert [kind.name for kind in second.boards.kinds()] == ["n300", "t3000"]
    boards = with_needed_mocks([], manifest.entries)
    assert [board.kind.name for board in boards] == ["n150", "n300"]
    one, other = plan_models(manifest, manifest.entries, boards, ["-v"])
    assert one.kinds == frozenset({"n150", "n300"})
    assert isinstance(one.payload, ModelTrace)
    assert one.encoded().archive is None
    assert other.encoded().archive is not None
    assert other.kinds == frozenset({"n300"})
    assert other.device_config.mesh_shape == (1, 2)
    model = other.payload
    assert isinstance(model, ModelTrace)
    assert (model.arguments, model.environment, model.timeout) == (("-k", "b", "-v"), {"HF_MODEL": "b"}, 5)
    assert not model.values
    (measured, _) = plan_models(manifest, manifest.entries, boards, [], values=True)
    assert isinstance(measured.payload, ModelTrace)
    assert measured.payload.values
    (unplaced,) = plan_models(manifest, [second], boards[:1], [])
    assert unplaced.unrunnable is not None


def test_a_trace_without_values_is_incomplete_where_they_are_asked_for(zoo: Path) -> None:
    zoo.write_text("models: [{name: a, target: test_a.py}]")
    manifest = Manifest.read(zoo)
    [entry] = manifest.entries
    plain, measured = (Traces(zoo.parent / "traces", manifest, values=values) for values in (False, True))
    reading: dict[str, Any] = {"reading": ValuesRead().as_json()}
    for lines, complete in (([], False), ([reading], True)):
        writer = JournalWriter(plain.path(entry), "0.81.1")
        for line in [*lines, {"exit": 0}]:
            writer.write(line)
        writer.close()
        assert plain.is_complete(entry)
        assert measured.is_complete(entry) is complete


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("models: [", "not YAML"),
        ("- a", "models"),
        (
            "models:\n  - {name: a, target: test_a.py, speed: 3}",
            "a: unknown key 'speed'; keys are name, target, boards",
        ),
        (
            "models:\n  - {name: a, target: test_a.py, boards: {kind: n300, colour: 3}}",
            "a boards: unknown key 'colour'; keys are kind, mesh",
        ),
        ("models:\n  - {target: test_a.py}", "model 1: name is missing"),
        ("models:\n  - {name: a}", "a: target is missing"),
        ("- {}\n", "must have a list of 'models'"),
        ("models: 3", "models: give a list"),
        ("models: []\nextra: 1", "unknown key 'extra'; keys are models"),
        ("models:\n  - {name: a, target: test_a.py, timeout: soon}", "a: timeout: give a number"),
        ("models:\n  - {name: a, target: none.py}", "a: there is no none.py in"),
        ("models:\n  - {name: a, target: test_a.py, workdir: {ship: none}}", "a: there is no folder"),
        ("models:\n  - {name: a, target: test_a.py, workdir: {ship: a, host: b}}", "a: workdir: give either host"),
        ("models:\n  - {name: a, target: test_a.py}\n  - {name: a, target: test_a.py}", "two models are named a"),
        ("models:\n  - {name: a, target: test_a.py, boards: {kind: n3000}}", "did you mean"),
        (
            "models:\n  - {name: a, target: test_a.py, boards: {kind: n150, mesh: [2, 4]}}",
            "no n150 opens a mesh of 2 x 4",
        ),
        ("models:\n  - {name: a b, target: test_a.py}", "letters, digits"),
        (
            "models:\n  - name: a\n    target: test_a.py\n    state: pined",
            "line 4: a: state: 'pined': give pinned or draft",
        ),
        (
            "models:\n  - name: a\n    target: test_a.py\n    tags: [a b]",
            "line 4: a: tags: give a tag, or a list of them",
        ),
        (
            "models:\n  - name: b\n    target: test_a.py\n    tag: x",
            "line 4: b: unknown key 'tag'; keys are name",
        ),
    ],
)
def test_an_error_is_one_line_that_names_the_place(zoo: Path, text: str, message: str) -> None:
    zoo.write_text(text)
    with pytest.raises(FarmError) as caught:
        Manifest.read(zoo)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(zoo))
    assert "\n" not in str(caught.value)


def test_an_empty_or_missing_manifest_is_an_error(zoo: Path) -> None:
    zoo.write_text("models: []")
    with pytest.raises(NothingSelected):
        Manifest.read(zoo)
    with pytest.raises(FarmError, match="No such file"):
        Manifest.read(zoo.with_name("none.yaml"))


def test_a_shipped_folder_arrives_complete(zoo: Path, tmp_path: Path) -> None:
    (zoo.parent / "models" / "__pycache__" / "x.pyc").write_bytes(b"x")
    (zoo.parent / "models" / "deeper").mkdir()
    (zoo.parent / "models" / "deeper" / "weights.bin").write_bytes(bytes(range(256)))
    folder = unpack(pack(zoo.parent / "models"), tmp_path / "unpacked")
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) == [
        "deeper/weights.bin",
        "test_b.py",
    ]
    assert (folder / "deeper" / "weights.bin").read_bytes() == bytes(range(256))


REGISTRY = """
models:
  - {name: a, target: test_a.py, tags: [nlp, lead], owner: ada}
  - {name: b, target: test_a.py, tags: lead, state: draft}
  - {name: c, target: test_a.py}
"""


def test_models_are_selected_by_tag(zoo: Path) -> None:
    zoo.write_text(REGISTRY)
    manifest = Manifest.read(zoo)
    plain = manifest.entries[2]
    assert [entry.model for entry in manifest.entries] == [
        ZooModel(("lead", "nlp"), PINNED, "ada"),
        ZooModel(("lead",), DRAFT),
        ZooModel(),
    ]
    assert [entry.name for entry in manifest.with_tags(["lead"]).entries] == ["a", "b"]
    assert [entry.name for entry in manifest.with_tags(["nlp", "lead"]).entries] == ["a", "b"]
    assert manifest.with_tags([]) is manifest
    with pytest.raises(NothingSelected, match="--tag vision: no model in .* has this tag; tags are lead, nlp"):
        manifest.with_tags(["vision"])
    tagged = plain.model_copy(update={"tags": ("x",), "state": DRAFT, "owner": "ada"})
    assert tagged.digest == plain.digest, "its trace holds the same"


def test_a_change_of_a_pinned_model_is_said() -> None:
    def uses(*shapes: int, **models: ZooModel) -> Master:
        execution = Execution("t.py::test", {"board_type": "Wormhole"}, 1, zoo=models)
        return Master.of(
            Configuration("ttnn.relu", {"arg0": Tensor((32, size), "BFLOAT16", "TILE")}, executions=[execution])
            for size in shapes
        )

    entries = [Entry(name=name, target="t.py", state=state) for name, state in (("a", PINNED), ("b", DRAFT))]
    both = {"a": ZooModel(("lead",)), "b": ZooModel((), DRAFT)}
    before = uses(32, 64, **both)
    [change] = changes_of(entries, before, {"a": uses(64, 96, 128), "b": uses(96)})
    assert str(change) == (
        "pinned model a newly uses 2 configurations (ttnn.relu) and no longer uses 1 configuration (ttnn.relu)"
    )
    assert changes_of(entries, before, {"a": uses(32, 64)}) == []
    assert changes_of(entries, uses(32), {"a": uses(64)}) == [], "the master knew nothing of it"
