"""What runs inside the worker, the only process that imports ttnn: it opens a board, rebuilds, calls and checks.

It imports `farm.core`, `farm.sweeps` and `tracer` alone, and nothing else in farm imports it, so that it runs under a
host's own Python with nothing else installed.
"""
