"""No `run()`."""

parameters = {"nightly": {"stride": [1, 2]}}
