"""The names that `farm` offers to Python."""

from __future__ import annotations

import inspect
import subprocess
import sys

import farm
from farm import api
from farm.core.sweep_spec import SweepSpec


def test_every_public_name_exists_and_has_help() -> None:
    assert {"sweep", "trace", "runs", "run", "compare", "plan"} <= set(farm.__all__)
    assert sorted(farm.__all__) == sorted(api.__all__)
    for name in farm.__all__:
        assert getattr(farm, name) is getattr(api, name)
        assert inspect.getdoc(getattr(farm, name))
    assert not hasattr(farm, "no_such_thing")


def test_importing_farm_imports_little() -> None:
    heavy = "{'ray', 'ttnn', 'pydantic', 'sqlalchemy'}"
    program = f"import sys, farm; print(sorted({{name.split('.')[0] for name in sys.modules}} & {heavy}))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_submodule_is_there_without_an_import_of_its_own() -> None:
    program = "import farm; print(farm.api.__name__); import pydoc; pydoc.render_doc(farm.api)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("farm.api\n", "")


def test_help_lists_the_options_of_a_sweep() -> None:
    for function in (farm.sweep, farm.plan):
        doc = inspect.getdoc(function) or ""
        assert all(f"{name}: " in doc for name in SweepSpec.model_fields)
