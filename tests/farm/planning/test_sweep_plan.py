"""The plan of a spec: vectors, boards, and what its run records."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.kinds import KINDS
from farm.cluster.hosts.inventory import take_inventory
from farm.core.errors import FarmError
from farm.core.numeric_options import InputStyle, NumericOptions
from farm.core.payload import TracedCall
from farm.core.sweep_spec import SweepSpec
from farm.core.traced_opening import TracedOpening
from farm.core.verdicts import Reason
from farm.planning.board_setup import BoardSetup
from farm.planning.sweep_plan import for_later_boards, plan_sweep, runnable_anywhere
from farm.planning.unrunnable import Unrunnable
from farm.planning.vectors import Vector
from farm.sweeps.finding import FRAMEWORK
from farm.sweeps.needs import Needs
from tracer.device_config import DeviceConfig
from tracer.master.master import shipped


def test_a_plan_has_what_the_spec_selects() -> None:
    whole = plan_sweep(SweepSpec.of(["add"], boards="fake:n300*2"))
    ids = [vector.id for vector in whole.vectors]
    assert len(whole.boards) == 2
    assert [vector.id for vector in plan_sweep(whole.spec.updated(shard="2/2")).vectors] == ids[1::2]
    assert [vector.id for vector in plan_sweep(whole.spec.updated(limit=3)).vectors] == ids[:3]
    assert [vector.id for vector in plan_sweep(whole.spec.of_vectors([ids[-1]])).vectors] == [ids[-1]]
    with pytest.raises(FarmError, match="no vector 'nope'"):
        plan_sweep(whole.spec.of_vectors(["nope"]))


def test_default_mock_boards_are_joined_by_those_that_vectors_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("farm.planning.sweep_plan.boards_of", lambda *_, **__: mock_boards(KINDS["n150"], 1))
    chosen = {board.kind.name for board in plan_sweep(SweepSpec()).boards}
    assert "n150" in chosen
    assert len(chosen) > 1
    assert {board.kind.name for board in plan_sweep(SweepSpec.of(boards="mock:n150")).boards} == {"n150"}


def test_a_plan_says_which_boards_are_not_watched() -> None:
    spec = SweepSpec.of(["add"], boards="mock:n150,mock:n300", watcher=True)
    [note] = [note for note in plan_sweep(spec).notes if "--watcher" in note]
    assert note == "--watcher: mock:n150:0, mock:n300:0 are not watched: a mock runs no kernels"


def test_a_plan_says_where_options_of_numbers_have_no_effect() -> None:
    spec = SweepSpec.of(["add"], boards="mock:n150,mock:n300", inputs="edge", canary=False, seed=3)
    [note] = [note for note in plan_sweep(spec).notes if "--inputs" in note]
    options = "--inputs, --no-canary, --seed have no effect"
    assert note == f"{options} on mock:n150:0, mock:n300:0: no numbers are computed there"
    sampled = SweepSpec.of(["add"], boards="mock:n150", sample=3, seed=3)
    assert not any("no effect" in note for note in plan_sweep(sampled).notes), "the seed chose the sample"


def test_traced_calls_carry_how_their_numbers_are_made_and_judged() -> None:
    spec = SweepSpec.of(["add"], boards="fake:n300", inputs="edge", seed=7, canary=True, repeat=3)
    for vector in plan_sweep(spec).vectors:
        assert isinstance(vector.payload, TracedCall)
        assert vector.payload.numbers == NumericOptions(InputStyle.EDGE, 7, canary=True, repeat=3)


def test_a_run_records_its_master_and_its_shard_beside_its_spec() -> None:
    details = plan_sweep(SweepSpec.of(["add"], boards="fake:n300", sample=3, seed=1, shard="1/2")).details
    assert details.keys() == {"master", "shard", "group"}
    assert (details["master"], details["shard"]["planned"]) == (str(shipped()), 3)


def test_vectors_may_run_on_kinds_that_join_the_farm_later() -> None:
    own = take_inventory("fake:n300", "", None).boards
    joined = [replace(board, host="alpha") for board in own]
    small = Vector("a", "ttnn.add", "", "", DeviceConfig(), device_config_inferred=True, text="{}")
    small = replace(small, setup=BoardSetup.uniform(DeviceConfig(), ["n300"]), needs=Needs(grid=(7, 9)))
    opening = TracedOpening(DeviceConfig(mesh_shape=(1, 2)))
    large = replace(small, device_config=opening.config, device_config_inferred=False, openings=(opening,))
    large = replace(large, needs=Needs())
    nowhere = replace(small, setup=BoardSetup(), unrunnable=Unrunnable(Reason.UNSATISFIABLE, "no board here"))
    assert list(for_later_boards([small, large, nowhere], own)) == [small, large, nowhere]
    placed = list(for_later_boards([small, large, nowhere], joined))
    assert placed[0].kinds == {*KINDS} - {"n300", "t3000"}
    assert placed[1].kinds == {name for name, kind in KINDS.items() if kind.chips > 1}
    assert placed[2] == nowhere, "no board can run it, and the plan says so"
    assert placed[0].config_for("n150").dispatch_core_axis == "COL", "each kind is opened in its own way"
    assert placed[0].config_for("galaxy") == placed[0].device_config == DeviceConfig()


def test_the_planned_spec_runs_the_same_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(shipped(), tmp_path / "m.json")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    planned = plan_sweep(SweepSpec.of(["add"], master="m.json", boards="fake:n300"))
    assert planned.details["master"] == "m.json", "as it was typed, for display and for comparing runs"
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = plan_sweep(planned.spec)
    assert [vector.id for vector in again.vectors] == [vector.id for vector in planned.vectors]
    assert again.spec == planned.spec


def test_the_checkout_around_the_working_directory_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = tmp_path / "tt-metal"
    (checkout / FRAMEWORK / "sweeps").mkdir(parents=True)
    monkeypatch.chdir(checkout / FRAMEWORK)
    assert runnable_anywhere(SweepSpec.of(modules=["add"])) == SweepSpec.of(modules=["add"], tt_metal=checkout)
    listed = SweepSpec.of(modules=["add"], sweeps="sweeps", skip=["x"])
    assert runnable_anywhere(listed) == listed.updated(sweeps=checkout / FRAMEWORK / "sweeps")
    Path("v.json").write_text('{"farm_vectors":1}')
    of_file = SweepSpec.of(vectors_file="v.json")
    assert runnable_anywhere(of_file) == SweepSpec.of(vectors_file=checkout / FRAMEWORK / "v.json")
    Path("v.json").write_text('{"nightly":{}}')
    exported = of_file.updated(tt_metal=checkout, vectors_file=checkout / FRAMEWORK / "v.json")
    assert runnable_anywhere(of_file) == exported, "the modules of an export are found in the checkout"
    assert runnable_anywhere(SweepSpec()) == SweepSpec(), "the shipped master has no path in the spec"
