"""farm from Python, for notebooks and scripts: what the commands do, with typed results. The commands call it, too.

    import farm

    view = farm.sweep(["add"], boards="mock:n300", limit=20)
    print(view.counts["validated"], [vector.message for vector in view.vectors if vector.verdict.failed])

* `sweep` runs configurations or sweep modules, or continues a run; `plan` says what it would run. Both take the fields
  of `SweepSpec` by name, or a whole `SweepSpec`; `spec_of` reads that of an earlier run.
* `runs`, `run` and `history` read the results store, `compare` compares two runs, `write_report` writes a run's files.
* `trace` traces a model, `trace_zoo` many models, `load_traces` adds raw traces made elsewhere, `verify` runs a master
  again under the tracer.
* `upgrade` runs configurations under two versions of ttnn, and says what the newer one changes; `bisect` finds the
  version that changed one of them.
* `fit` runs configurations on a mock board of each kind, and says which kinds they fit.
"""

from farm.api.fits import fit
from farm.api.plans import plan, spec_of
from farm.api.results import compare, history, run, runs, write_report
from farm.api.sweeps import sweep
from farm.api.traces import Traced, load_traces, trace
from farm.api.versions import bisect, upgrade
from farm.api.zoo import Zoo, trace_zoo, verify
from farm.core.sweep_options import SweepOptions
from farm.core.sweep_spec import SweepSpec
from farm.fitting.report import FitReport
from farm.planning.sweep_plan import Planned
from farm.versions.bisect import Bisection
from farm.versions.report import UpgradeReport

__all__ = [
    "Bisection",
    "FitReport",
    "Planned",
    "SweepOptions",
    "SweepSpec",
    "Traced",
    "UpgradeReport",
    "Zoo",
    "bisect",
    "compare",
    "fit",
    "history",
    "load_traces",
    "plan",
    "run",
    "runs",
    "spec_of",
    "sweep",
    "trace",
    "trace_zoo",
    "upgrade",
    "verify",
    "write_report",
]
