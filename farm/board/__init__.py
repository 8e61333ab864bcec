"""Boards of one host: the products, the backends that drive them, and the supervisor that runs work on a board.

A product is one row of `kinds`, and a backend is one file of `backends`. Everything that runs on a board
(vectors, models to trace, probes, resets) goes through `supervisor`. The room may use core and the scheduler's states
of a board; it knows nothing of Ray, of other hosts or of runs.
"""
