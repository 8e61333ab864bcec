"""Ray, imported so that it is quiet.

Ray reads these settings when it is first imported, so every module that needs Ray imports it from here:

    from farm.cluster.ray_client import ray
"""

import os

_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # without this, Ray sees `uv run` among the parent processes, and ships the working directory to every actor
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    # what Ray prints about dead actors: the driver reports that itself
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    # so that Ray leaves the device variables of an actor alone that asks for none of its accelerators
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
for _name, _value in _SETTINGS.items():
    os.environ.setdefault(_name, _value)

import ray  # noqa: E402 - after the settings that it reads

__all__ = ["ray"]
