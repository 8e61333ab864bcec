"""farm from Python: what the commands do, with typed results, for notebooks and scripts. The commands call it.

    import farm

    view = farm.sweep(["add"], boards="mock:n300", limit=20)
    print(view.counts["validated"], [vector.message for vector in view.vectors if vector.verdict.failed])

* `sweep` runs configurations or sweep modules, or goes on with a run; `plan` tells what would be run.
* `runs`, `run` and `history` read the results store, `compare` compares two runs, `write_report` writes a run's files.
* `trace` traces a model, `trace_zoo` many, `load_traces` takes raw traces made elsewhere, `verify` runs a master again
  under the tracer.
"""

from farm.api.past import compare, history, run, runs, write_report
from farm.api.plans import plan, spec_of
from farm.api.sweeps import sweep
from farm.api.traces import Traced, Zoo, load_traces, trace, trace_zoo, verify
from farm.core.sweep_spec import SweepOptions, SweepSpec
from farm.planning.sweep_plan import Planned

__all__ = [
    "Planned",
    "SweepOptions",
    "SweepSpec",
    "Traced",
    "Zoo",
    "compare",
    "history",
    "load_traces",
    "plan",
    "run",
    "runs",
    "spec_of",
    "sweep",
    "trace",
    "trace_zoo",
    "verify",
    "write_report",
]
