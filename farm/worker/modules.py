"""Imported sweep modules. Modules are imported in a worker, and nowhere else."""

from __future__ import annotations

import importlib.util
import inspect
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from farm.core.errors import WorkerInterrupted
from farm.core.module_loader import ModuleLoader
from farm.core.object_text import class_name, repr_of, text_of
from farm.core.sweep_module import SweepModule
from farm.sweeps.errors import ModuleError
from farm.sweeps.hashing import Invalidity
from farm.sweeps.information import INFORMATION
from farm.sweeps.loader import recorded_lookups
from farm.sweeps.own_values import own_copy
from farm.sweeps.permutations import Axis, IndexedVectors, axes, permutations
from farm.sweeps.traced import ABSENT, PROVENANCE, TracedProduct, TracedSuite
from farm.worker import loader_stand_in
from farm.worker.checkout import enter, inside, prefer_folders_of

_OF_JUDGING = "suite_name", "sweep_name"
_BY_NAME = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY


@dataclass(eq=False)
class LoadedModule:
    """A sweep module that follows the contract.

    Attributes:
        name: dotted.
        python: the module.
        run: its `run`.
        parameters: its suites.
        timeout: its `TIMEOUT`, in seconds; None where it has none.
        accepts: the parameters that `run` names.
        takes_any: whether `run` has `**kwargs`.
        home: the checkout of tt-metal that it is in, and where it runs; None outside of one.
        loaders: the loaders of traced configurations that it imported.
    """

    name: str
    python: Any
    run: Callable[..., Any]
    parameters: Mapping[str, Any]
    timeout: float | None
    accepts: frozenset[str]
    takes_any: bool
    home: str | None = None
    loaders: tuple[ModuleLoader, ...] = ()
    _permutations: dict[str, IndexedVectors] = field(default_factory=dict)

    @property
    def fixture(self) -> Callable[[], Any] | None:
        """Its `mesh_device_fixture`; None where it leaves opening a board to farm, also by one that needs arguments."""
        fixture: Callable[[], Any] | None = getattr(self.python, "mesh_device_fixture", None)
        try:
            inspect.signature(fixture).bind()  # type: ignore[arg-type]
        except (TypeError, ValueError):
            return None
        return fixture

    @property
    def judge(self) -> Callable[[dict[str, Any]], Any] | None:
        """Its `invalidate_vector`; None where all its vectors are valid."""
        judge: Callable[[dict[str, Any]], Any] | None = getattr(self.python, "invalidate_vector", None)
        return judge

    @property
    def skips_device_perf(self) -> bool:
        """Whether the module says of the vector that ran last that the device's performance can't be measured."""
        return bool(getattr(self.python, "_SKIP_DEVICE_PERF", False))

    def vectors(self, suite: str) -> Iterator[dict[str, Any]]:
        """Every vector of a suite, as `run` takes it.

        Raises:
            ModuleError: the suite breaks the contract; the vectors before were good.
        """
        parameters = self.parameters[suite]
        if isinstance(parameters, TracedSuite):
            yield from parameters.vectors(self.accepts.__contains__, takes_any=self.takes_any)
        elif parameters == {...}:  # `{ ... }`, as a guide or a draft has it: nothing yet
            return
        else:
            yield from permutations(self.axes(suite))

    def axes(self, suite: str) -> list[Axis]:
        """The entries of a suite that is a product, the outermost first.

        Raises:
            ModuleError: the suite breaks the contract.
        """
        return axes(self._fitted(self.parameters[suite]))

    def nth(self, suite: str, index: int) -> dict[str, Any]:
        """One vector of a suite by its place.

        Raises:
            ModuleError: the suite has none there, or breaks the contract.
        """
        parameters = self.parameters.get(suite)
        if isinstance(parameters, TracedSuite):
            vectors = list(self.vectors(suite))
            if index < len(vectors):
                return vectors[index]
        elif parameters is not None:
            if suite not in self._permutations:
                self._permutations[suite] = IndexedVectors(self.axes(suite))
            try:
                return self._permutations[suite][index]
            except IndexError:
                pass
        raise ModuleError(f"{self.name}: suite {suite!r} has no vector {index} any more")

    def values(self, suite: str) -> Iterator[tuple[str, Any]]:
        """Every value of every parameter of a suite from which `nth` has taken a vector; none of a traced one."""
        if suite in self._permutations:
            yield from self._permutations[suite].values()

    def invalidity(self, suite: str, vector: dict[str, Any]) -> Invalidity | None:
        """What the module says of a vector that it calls invalid; None where it doesn't. It may change the vector.

        Raises:
            ModuleError: `invalidate_vector` raises, or returns something else.
        """
        judge = self.judge
        if judge is None:
            return None
        own = {name: vector[name] for name in _OF_JUDGING if name in vector}
        vector.update(suite_name=suite, sweep_name=self.name)  # it may change the vector itself
        try:
            judgement = judge(vector)
        except WorkerInterrupted:
            raise
        except BaseException as error:
            raise ModuleError(f"invalidate_vector() raised {class_name(error)}: {text_of(error)}") from error
        finally:
            for name in _OF_JUDGING:
                vector.pop(name, None)
            vector.update(own)
        if not isinstance(judgement, (tuple, list)) or len(judgement) != 2:
            raise ModuleError(f"invalidate_vector() returned {repr_of(judgement):.80}, not (invalid, reason)")
        invalid, reason = judgement
        return Invalidity(reason) if invalid else None

    def call(self, vector: Mapping[str, Any], device: Any) -> Any:
        """Call `run` as tt-metal does, with the vector's own copies of its values.

        Information about the vector is passed only to a parameter of its name. Parameters that a traced configuration
        lacks become None, and are named in `__absent_keys__`.
        """
        absent = {name for name, value in vector.items() if type(value) is str and value == ABSENT}
        arguments = {
            name: None if name in absent else own_copy(value)
            for name, value in vector.items()
            if name != "device" and (name not in INFORMATION or name in self.accepts)
        }
        traced = bool(absent) or any(name in vector for name in PROVENANCE)
        if "__absent_keys__" in self.accepts or (self.takes_any and traced):
            arguments["__absent_keys__"] = absent
        with inside(self.home):
            return self.run(**arguments, device=device)

    def _fitted(self, parameters: Any) -> Any:
        """A product of traced values, under the names that `run` has for them."""
        if not isinstance(parameters, TracedProduct):
            return parameters
        fitted: dict[str, Any] = {}
        for name, values in parameters.items():
            if name == "input_shape" and name not in self.accepts:
                if any(isinstance(shape, dict) for shape in values):
                    pairs = [(shape["self"], shape["other"]) for shape in values]
                    fitted["input_a_shape,input_b_shape"] = pairs
                else:
                    fitted["input_a_shape"] = values
            elif self.takes_any or name in self.accepts:
                fitted[name] = values
        return fitted


_loaded: dict[Path, LoadedModule] = {}


def is_loaded(spec: SweepModule) -> bool:
    """Whether this process has imported a module."""
    return spec.file in _loaded


def load(spec: SweepModule) -> LoadedModule:
    """Import a module and check its contract; returns the same one again where it was imported before.

    Args:
        spec: the module.

    Raises:
        ModuleError: it doesn't import, or breaks the contract.
    """
    loaded = _loaded.get(spec.file)
    if loaded is None:
        os.environ.update(spec.environment)
        home = None if spec.home is None else str(spec.home)
        if home is not None:
            enter(home)
        else:
            for path in spec.paths:
                prefer_folders_of(str(path))
        loader_stand_in.prepare()
        loaders_before = loader_stand_in.imported()
        with inside(home), recorded_lookups() as lookups:
            module = _imported(spec.name, str(spec.file), [str(path) for path in spec.paths])
        loaders = loader_stand_in.loaders_of(spec.file, loaders_before, lookups)
        loaded = _loaded[spec.file] = replace(checked(spec.name, module, home), loaders=loaders)
    return loaded


def forget(spec: SweepModule) -> None:
    """Let go of an imported module, so that a process that lists many modules holds one at a time.

    It is imported anew when it is loaded next.
    """
    _loaded.pop(spec.file, None)
    sys.modules.pop(f"sweeps.{spec.name}", None)


def _imported(name: str, file: str, paths: list[str]) -> Any:
    for path in reversed(paths):
        if path not in sys.path:
            sys.path.insert(0, path)
    full_name = f"sweeps.{name}"
    spec = importlib.util.spec_from_file_location(full_name, file)
    if spec is None or spec.loader is None:
        raise ModuleError(f"{name}: {file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[full_name] = module
    try:
        spec.loader.exec_module(module)
    except WorkerInterrupted:
        raise
    except BaseException as error:  # a module may even call sys.exit
        sys.modules.pop(full_name, None)
        raise ModuleError(f"{name} does not import: {_error_line(error, file)}") from error
    return module


def _error_line(error: BaseException, file: str) -> str:
    """An exception in one line, with the module's line that raised it."""
    text = " ".join(f"{class_name(error)}: {text_of(error)}{loader_stand_in.hint(error)}".split())
    if isinstance(error, SyntaxError):
        return text
    lines = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == file:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return f"{text} ({Path(file).name}, line {lines[-1]})" if lines else text


def _is_time(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < math.inf


def checked(name: str, module: Any, home: str | None = None) -> LoadedModule:
    """Check that a module follows the contract.

    Raises:
        ModuleError: it doesn't.
    """
    run = getattr(module, "run", None)
    if not callable(run):
        raise ModuleError(f"{name} has no function run()")
    parameters = getattr(module, "parameters", None)
    if not isinstance(parameters, Mapping):
        problem = "no parameters" if parameters is None else f"parameters that are a {type(parameters).__name__}"
        raise ModuleError(f"{name} has {problem}; they must be a dict of suites by name")
    if not all(isinstance(suite, str) for suite in parameters):
        raise ModuleError(f"{name}: the names of its suites must be text, not {list(parameters)}")
    timeout = getattr(module, "TIMEOUT", None)
    if timeout is not None and not _is_time(timeout):
        raise ModuleError(f"{name}: TIMEOUT must be a number of seconds, not {repr_of(timeout):.80}")
    signature = inspect.signature(run).parameters.values()
    return LoadedModule(
        name=name,
        python=module,
        run=run,
        parameters=parameters,
        timeout=None if timeout is None else float(timeout),
        accepts=frozenset(parameter.name for parameter in signature if parameter.kind in _BY_NAME) - {"device"},
        takes_any=any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in signature),
        home=home,
    )
