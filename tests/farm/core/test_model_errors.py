"""Exceptions of models' tests, and what they come from."""

from __future__ import annotations

import errno
import socket
import subprocess
import urllib.error
from email.message import Message
from importlib import import_module

import pytest

from farm.core.model_errors import ErrorCause, cause_of
from farm.core.verdicts import Reason, Verdict
from tracer.capture.failures import raised_errors
from tracer.formats.raised_error import RaisedError

HUB = "https://huggingface.co/api/models/x"
FAILED = Verdict.FAIL_ASSERT_EXCEPTION


def subclass(name: str, *bases: type[BaseException]) -> type[BaseException]:
    """An exception of a library that isn't installed here, by its name."""
    return type(name, bases or (OSError,), {})


HfHubHTTPError = subclass("HfHubHTTPError")
RepositoryNotFoundError = subclass("RepositoryNotFoundError", HfHubHTTPError)


def caused(error: BaseException, cause: BaseException) -> BaseException:
    error.__cause__ = cause
    return error


def cause(error: BaseException) -> ErrorCause:
    return cause_of([RaisedError.from_json(each.as_json()) for each in raised_errors(error)])


DOWNLOADS = [
    HfHubHTTPError(f"429 Client Error: Too Many Requests for url: {HUB}"),
    HfHubHTTPError(f"503 Server Error: Service Temporarily Unavailable for url: {HUB}"),
    urllib.error.HTTPError(HUB, 502, "Bad Gateway", Message(), None),
    subclass("HTTPStatusError", Exception)(f"Server error '500 Internal Server Error' for url '{HUB}'"),
    urllib.error.URLError(socket.gaierror(-3, "Temporary failure in name resolution")),
    socket.gaierror(-3, "Temporary failure in name resolution"),
    ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"),
    subclass("ConnectionError")("HTTPSConnectionPool(host='huggingface.co', port=443): Max retries exceeded"),
    subclass("ReadTimeout")("HTTPSConnectionPool(host='huggingface.co', port=443): Read timed out. (read timeout=10)"),
    TimeoutError("The read operation timed out"),
    OSError(errno.ENETUNREACH, "Network is unreachable"),
    subclass("IncompleteRead", Exception)("IncompleteRead(1024 bytes read, 4096 more expected)"),
    caused(OSError("Can't load the configuration of 'x'"), subclass("LocalEntryNotFoundError", FileNotFoundError)("x")),
    OSError("We couldn't connect to 'https://huggingface.co' to load the files, and couldn't find them in the cache."),
    caused(RuntimeError("weights"), HfHubHTTPError("504 Server Error: Gateway Time-out")),
    subprocess.CalledProcessError(4, ["wget", "https://example.com/weights.bin"]),
]


@pytest.mark.parametrize("error", DOWNLOADS, ids=str)
def test_downloads_that_fail_are_the_host_s_fault(error: BaseException) -> None:
    assert (cause(error).verdict, cause(error).reason) == (Verdict.HOST_FAULT, Reason.DOWNLOAD_FAILED)


OTHERS = [
    (OSError(errno.ENOSPC, "No space left on device"), Verdict.HOST_FAULT, Reason.HOST_RESOURCES, "No space left"),
    (subclass("GatedRepoError", HfHubHTTPError)("403 Client Error."), Verdict.HOST_FAULT, Reason.NO_ACCESS, "HF_TOKEN"),
    (
        caused(OSError("x is not a valid model identifier"), RepositoryNotFoundError("401 Client Error. " + HUB)),
        *(Verdict.HOST_FAULT, Reason.NO_ACCESS, "set HF_TOKEN on this host"),
    ),
    (OSError(f"You are trying to access a gated repo.\n{HUB}"), Verdict.HOST_FAULT, Reason.NO_ACCESS, "HF_TOKEN"),
    (
        urllib.error.HTTPError("https://api.github.com/x", 401, "https://api.github.com/x", Message(), None),
        *(Verdict.HOST_FAULT, Reason.NO_ACCESS, "GITHUB_TOKEN"),
    ),
    (subclass("GatedRepoError", Exception)("401 Client Error."), Verdict.HOST_FAULT, Reason.NO_ACCESS, "HF_TOKEN"),
    (subclass("OfflineModeIsEnabled", Exception)("x"), Verdict.HOST_FAULT, Reason.OFFLINE, "HF_HUB_OFFLINE"),
    (
        subclass("OfflineModeIsEnabled", ConnectionError)("Cannot reach x: offline mode is enabled."),
        *(Verdict.HOST_FAULT, Reason.OFFLINE, "HF_HUB_OFFLINE"),
    ),
    # what the model asks for is not there: its own fault
    (RepositoryNotFoundError(f"404 Client Error. Not found for url: {HUB}"), FAILED, Reason.EXCEPTION, "404"),
    (FileNotFoundError(errno.ENOENT, "No such file or directory"), FAILED, Reason.EXCEPTION, "No such file"),
    # words alone blame nobody else
    (AssertionError("expected 'No space left on device', got 429 Client Error"), FAILED, Reason.EXCEPTION, "429"),
    (ValueError("429 Client Error: Too Many Requests"), FAILED, Reason.EXCEPTION, "429"),
    (ConnectionRefusedError("could not connect to localhost:8000"), FAILED, Reason.EXCEPTION, "localhost"),
    (TimeoutError("the result did not come"), FAILED, Reason.EXCEPTION, "did not come"),
    (subclass("Timeout", TimeoutError)("The file lock 'x' could not be acquired."), FAILED, Reason.EXCEPTION, "lock"),
    (RuntimeError("Out of Memory: Not enough space to allocate 9 B L1 buffer"), Verdict.FAIL_L1_OUT_OF_MEM,
     Reason.OUT_OF_MEMORY, "L1"),
    (ImportError("cannot import name 'x' from 'y'"), FAILED, Reason.IMPORT_ERROR, "cannot import name"),
]  # fmt: skip


@pytest.mark.parametrize(("error", "verdict", "reason", "words"), OTHERS, ids=lambda each: str(each)[:60])
def test_other_failures_are_told_apart(error: BaseException, verdict: Verdict, reason: Reason, words: str) -> None:
    assert (cause(error).verdict, cause(error).reason) == (verdict, reason)
    assert words in cause(error).message


@pytest.mark.parametrize(
    ("module", "advice"),
    [
        ("no_such_package", "pip install no_such_package"),
        ("no_such_package.sub", "pip install no_such_package"),
        ("cv2", "pip install opencv-python-headless"),
        ("models.demos", "which a tt-metal checkout has"),
    ],
)
def test_a_missing_package_is_named_with_what_to_install(module: str, advice: str) -> None:
    with pytest.raises(ModuleNotFoundError) as raised:
        import_module(module)
    assert (cause(raised.value).verdict, cause(raised.value).reason) == (Verdict.NOT_RUN, Reason.MISSING_PACKAGE)
    assert advice in cause(raised.value).message


def test_a_module_that_a_package_lacks_is_no_missing_package() -> None:
    with pytest.raises(ModuleNotFoundError) as raised:
        import_module("json.no_such_part")
    assert cause(raised.value).reason is Reason.IMPORT_ERROR


def test_a_syntax_error_names_its_file_and_line() -> None:
    with pytest.raises(SyntaxError) as raised:
        compile("x = (\n", "models/decoder.py", "exec")
    judged = cause(raised.value)
    assert (judged.verdict, judged.reason) == (FAILED, Reason.SYNTAX_ERROR)
    assert judged.message.startswith("models/decoder.py:1: SyntaxError: ")


def test_what_a_test_replaced_by_an_error_of_its_own_does_not_count() -> None:
    own = ValueError("its own")
    own.__context__, own.__suppress_context__ = ConnectionError("a server"), True  # raise ... from None
    assert cause(own).reason is Reason.EXCEPTION
