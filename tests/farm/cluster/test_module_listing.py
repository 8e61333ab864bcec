"""Sweep modules listed by a worker on a host of the farm."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from farm.board.backends.mock import mock_boards
from farm.board.confinement import Confinement
from farm.board.kinds import KINDS
from farm.cluster.module_listing import FarmListing
from farm.planning.module_listing import list_modules
from farm.sweeps.finding import find_modules, module_folder
from farm.sweeps.records import ImportedModule, ListedVector, ModuleProblem
from tests.farm.clusters import cluster_of

pytestmark = [pytest.mark.ttnn, pytest.mark.ray]
pytest.importorskip("ttnn", reason="ttnn has no wheel for this Python")

GOOD = """from tests.sweep_framework.master_config_loader_v2 import MasterConfigLoader
parameters = {'nightly': {'a': range(30), 'b': range(40)}}
def run(a, b, *, device): return True, ''
"""


def test_modules_are_imported_on_a_host_of_the_farm(tmp_path: Path) -> None:
    (tmp_path / "dies.py").write_text("import os\nparameters = {}\nos.abort()\n")
    (tmp_path / "good.py").write_text(GOOD)
    board = replace(mock_boards(KINDS["n300"], 1)[0], host="other")
    with cluster_of(1):
        records = list(
            list_modules(find_modules(module_folder(sweeps=tmp_path)), None, FarmListing(None, board, Confinement()))
        )
    [problem] = [record for record in records if isinstance(record, ModuleProblem)]
    assert problem.message.startswith("dies: while it was imported, the worker was killed by SIGABRT")
    [good] = [record for record in records if isinstance(record, ImportedModule)]
    assert [(loader.is_stand_in, loader.masters) for loader in good.loaders] == [(True, ())]
    assert [record.index for record in records if isinstance(record, ListedVector)] == list(range(1200))
