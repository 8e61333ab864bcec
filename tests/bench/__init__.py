"""Benchmarks, side by side in one run: `python -m tests.bench [names] [--full]`.

They measure and compare; none fails because a machine is slow.
"""
