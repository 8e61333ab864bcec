"""Reading requests that arrive at the door: what is wrong with one is a `Refused`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from farm.cluster.door.refused import Refused
from farm.core.errors import ExitCode

Content = TypeVar("Content")


async def arrived(reading: Awaitable[Content], seconds: float, part: str) -> Content:
    """What comes of reading a request.

    Args:
        reading: reads and checks it.
        seconds: how long it may take to arrive.
        part: the part of the request that is checked, for a message about the whole of it.

    Raises:
        Refused: it is too slow, breaks off, or is not what it should be.
    """
    try:
        return await asyncio.wait_for(reading, seconds)
    except asyncio.TimeoutError:
        raise Refused(408, "the request arrives too slowly") from None
    except ClientDisconnect:
        raise Refused(400, "the request did not arrive") from None
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, problem["loc"])) or part
        raise Refused(400, f"the request's {place}: {problem['msg']}"[:1000], ExitCode.USAGE) from None
