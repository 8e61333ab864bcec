"""The models of a zoo in a master: what they use is found by their tags, on any host."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from tracer.master.master import Master, update
from tracer.master.queries import Filter, tags_of, with_tags
from tracer.master.view import execution_line
from tracer.values import Tensor
from tracer.values.configuration import Configuration, Execution
from tracer.values.zoo_model import DRAFT, ZooModel

LEAD, NLP = ZooModel(("lead",), owner="ada"), ZooModel(("nlp",), DRAFT)


def used(*shapes: int, **models: ZooModel) -> Master:
    return Master.of(
        Configuration(
            "ttnn.relu",
            {"arg0": Tensor((32, size), "BFLOAT16", "TILE")},
            executions=[Execution("t.py::test", {"board_type": "Wormhole"}, 1, zoo=models)],
        )
        for size in shapes
    )


def shapes(master: Master) -> list[int]:
    tensors = [each.arguments["arg0"] for each in master]
    return sorted(tensor.shape[-1] for tensor in tensors if isinstance(tensor, Tensor) and tensor.shape)


def test_tags_come_back_from_a_file_and_are_in_no_hash(tmp_path: Path) -> None:
    master = used(32, a=LEAD)
    master.write(tmp_path / "m.json")
    read = Master.read(tmp_path / "m.json")
    assert (tags_of(read), read.text()) == (["lead"], master.text())
    [configuration] = read
    assert configuration.executions[0].zoo == {"a": LEAD}
    assert "pinned model a (tags lead)" in execution_line(configuration.executions[0])
    [plain] = used(32)
    assert (configuration.content_hash, configuration.config_hash) == (plain.content_hash, plain.config_hash)


def test_merging_joins_models_the_same_in_any_order() -> None:
    parts = [used(32, a=LEAD), used(32, a=ZooModel(("lead", "old"), DRAFT, "bob"), b=NLP), used(32)]
    texts = set()
    for order in itertools.permutations(parts):
        master = Master()
        for part in order:
            master.merge(part)
        texts.add(master.text())
    assert len(texts) == 1
    [configuration] = master
    assert configuration.executions[0].zoo == {"a": ZooModel(("lead", "old"), owner="bob"), "b": NLP}


def test_a_tag_selects_what_its_models_use() -> None:
    master = used(32, 64, a=LEAD)
    master.merge(used(64, 96, b=NLP))
    master.merge(used(128))
    assert shapes(with_tags(master, ["lead"])) == [32, 64]
    assert shapes(with_tags(master, ["nlp", "lead"])) == [32, 64, 96]
    assert [
        sum(Filter(tags=tags).takes(each) for each in master) for tags in (("lead",), ("nlp", "lead"), ("none",))
    ] == [2, 3, 0]


def test_what_a_model_uses_now_replaces_what_it_used(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    update(path, used(32, 64, a=LEAD), ["a"])
    update(path, used(32, b=NLP), ["b"])
    update(path, used(64, 96, a=ZooModel(("other",))), ["a"])
    master = Master.read(path)
    assert (len(master), tags_of(master)) == (3, ["nlp", "other"])
    assert (shapes(with_tags(master, ["other"])), shapes(with_tags(master, ["nlp"]))) == ([64, 96], [32])


def test_models_that_cannot_be_read_break_their_configuration_alone() -> None:
    for zoo, words in (
        ([], "models by name"),
        ({"a": {"state": "x"}}, "pinned or draft"),
        ({"a": {"tags": 3}}, "tags"),
    ):
        raw: dict[str, Any] = {"arguments": {}, "executions": [{"source": "t", "zoo": zoo}]}
        master = Master.parse({"operations": {"ttnn.relu": {"configurations": [raw]}}})
        assert words in str(master.broken[0])
