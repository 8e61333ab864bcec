"""From a `SweepSpec` to vectors: which configurations or module vectors run, on which kinds of boards, opened how.

It makes plans and their shards, keeps large ones on disk, infers device configs, estimates and forecasts runs, and
reads what is left of an earlier run. It lists sweep modules through a worker and reads the store; it runs no vector.
"""
