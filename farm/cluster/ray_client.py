"""Ray, imported so that it keeps quiet.

Ray reads these settings when it is first imported, so every module that needs Ray takes it from here:

    from farm.cluster.ray_client import ray
"""

import os

_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # else Ray sees `uv run` above us, and ships the working directory to every actor
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    # what Ray prints about dead actors: the driver tells that itself
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    # Ray is not to touch the device variables of an actor that asks for none of its accelerators
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
for _name, _value in _SETTINGS.items():
    os.environ.setdefault(_name, _value)

import ray  # noqa: E402 - see above

__all__ = ["ray"]
