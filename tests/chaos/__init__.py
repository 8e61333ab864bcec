"""Inject faults: `python -m tests.chaos --seed 1` sweeps while processes and hosts are stopped and killed."""
