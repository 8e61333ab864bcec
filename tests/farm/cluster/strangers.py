"""What a stranger on the network gets from the listening ports of a host: every answer that is no refusal.

    python -m tests.farm.cluster.strangers HOST PORT [PORT ...]

A stranger speaks HTTP and gRPC, without a token and with a wrong one, and calls all methods of all services that Ray
declares. It prints one line of JSON for each answer that tells it more than that a service is there.
"""

from __future__ import annotations

import http.client
import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

SECONDS = 5.0
"""How long an answer may take; silence is a refusal."""
WRONG = "Bearer 0123456789abcdef0123456789abcdef"
CREDENTIALS = (None, WRONG)
PATHS = (
    "/",
    "/metrics",
    "/index.html",
    "/favicon.ico",
    "/api/version",
    "/api/jobs/",
    "/api/healthz",
    "/api/local_raylet_healthz",
    "/api/gcs_healthz",
    "/api/authentication_mode",
    "/api/authenticate",
    "/api/job_agent/jobs/",
    "/api/v0/actors",
    "/api/cluster_status",
    "/nodes?view=summary",
    "/static/",
    "/-/healthz",
    "/log_proxy?url=http://127.0.0.1/",
    "/view",
    "/log",
)
HARMLESS = {
    "/": b"<!doctype html>",  # Ray's page that asks for the token, the same everywhere
    "/favicon.ico": b"",
    "/api/authentication_mode": b'{"authentication_mode": "token"}',
    "/api/healthz": b"raylet: success",
    "/api/gcs_healthz": b"success",
    "/api/local_raylet_healthz": b"success",
}
"""What may answer without a token, with the beginning of its answer: it tells nothing of the farm."""
METHODS = ("GET", "POST", "OPTIONS")
REFUSALS = (400, 401, 403, 404, 405, 503)
"""Statuses that tell only that something listens; 404 and 405 come where a path has no handler, token or not."""
ALIVE = "/grpc.health.v1.Health/Check"
"""Ray's gRPC servers answer this, with nothing but that they are alive; TLS alone can keep strangers from it."""


def main(words: Sequence[str]) -> None:
    """Print what each port answers."""
    host, *ports = words
    methods = grpc_methods()
    methods.remove(ALIVE)

    def answers(port: int) -> list[str]:
        return [*http_answers(host, port), *grpc_answers(host, port, methods)]

    with ThreadPoolExecutor(len(ports)) as pool:
        for port, replies in zip(ports, pool.map(answers, map(int, ports)), strict=True):
            for answer in replies:
                print(json.dumps({"address": f"{host}:{port}", "answer": answer}))
    print(json.dumps({"asked": host}))


def http_answers(host: str, port: int) -> Iterator[str]:
    """Yield the answers over HTTP that are no refusal; nothing where the port doesn't speak it."""
    for path in PATHS:
        for method in METHODS:
            for credential in CREDENTIALS:
                connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
                try:
                    connection.request(method, path, headers={"Authorization": credential} if credential else {})
                    reply = connection.getresponse()
                    body = reply.read(200)
                except (OSError, http.client.HTTPException):
                    if path == PATHS[0]:
                        return  # not HTTP, or nothing listens any more
                    continue
                finally:
                    connection.close()
                harmless = path in HARMLESS and method != "POST" and body.startswith(HARMLESS[path])
                if reply.status not in REFUSALS and not harmless:
                    yield f"{method} {path}: {reply.status} {body!r}"


def grpc_answers(host: str, port: int, methods: Sequence[str] | None = None) -> list[str]:
    """The answers over gRPC that are no refusal; silence is one.

    Args:
        host: the host.
        port: its port.
        methods: the methods to call; None for all of Ray's.
    """
    import grpc  # type: ignore[import-untyped]

    called = grpc_methods() if methods is None else methods

    with grpc.insecure_channel(f"{host}:{port}") as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=SECONDS)
        except grpc.FutureTimeoutError:
            return []

        def call(method: str, credential: str | None) -> str:
            metadata = [("authorization", credential)] if credential else []
            try:
                channel.unary_unary(method)(b"", timeout=SECONDS, metadata=metadata)
            except grpc.RpcError as error:
                code = error.code()
                refusals = ("UNAUTHENTICATED", "UNIMPLEMENTED", "UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED")
                return "" if code.name in refusals else f"{method}: {code.name} {error.details()[:150]}"
            return f"{method}: OK"

        with ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(call, method, credential) for method in called for credential in CREDENTIALS]
            return sorted({answer for each in calls if (answer := each.result())})


def grpc_methods() -> list[str]:
    """The full names of all methods that Ray's services declare, and those that any gRPC server may have."""
    from farm.cluster.ray_client import ray

    generated = importlib.import_module(f"{ray.__name__}.core.generated")
    methods = [ALIVE, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"]
    for module in pkgutil.iter_modules(generated.__path__):
        if module.name.endswith("_pb2"):
            descriptor = importlib.import_module(f"ray.core.generated.{module.name}").DESCRIPTOR
            for service in descriptor.services_by_name.values():
                methods += [f"/{service.full_name}/{method.name}" for method in service.methods]
    return methods


if __name__ == "__main__":
    main(sys.argv[1:])
