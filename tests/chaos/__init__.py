"""Faults on purpose: `python -m tests.chaos --seed 1` runs a sweep while its processes are stopped and killed."""
