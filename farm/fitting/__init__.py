"""One selection on a mock board of each kind: which boards a model fits, and what keeps it from the others.

In come the names of kinds and a `SweepSpec`; out comes a `FitReport`. The selection runs on each kind as an ordinary
run does: this room uses `farm.running`, `farm.planning` and the results store. What decides, `fits`, does no IO.
"""
