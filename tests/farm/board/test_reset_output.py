"""What reset commands print: a failure is one whatever the exit code."""

from __future__ import annotations

import pytest

from farm.board.reset_output import reset_complaint

GOOD = """
 Starting PCI link reset on WH devices at PCI indices: 1
 Finishing PCI link reset on WH devices at PCI indices: 1
 Re-initializing boards after reset....
 Done! Detected 3 boards on host.
"""


@pytest.mark.parametrize(
    "output",
    [
        "",
        GOOD,
        "\x1b[95m Re-initialized 32 boards after reset. Exiting... \x1b[0m",
        "Resetting PCI BDFs: ['0000:0a:00.0']",
        "reset status: 0",
        "Cannot access /proc/cpuinfo",
        "4 boards reset, 0 failed",
        "reset of 8 chips done, no errors",
        "failed: 0",
        "Trying reset (1/3)...\nError in resetting galaxy 6u trays, resetting again...\nTrying reset (2/3)...\n" + GOOD,
        "Reset failed.\nretrying\n" + GOOD,
        'warning: timeout waiting for device\n{"good": true}',
    ],
)
def test_a_good_reset(output: str) -> None:
    assert reset_complaint(output) == ""


@pytest.mark.parametrize(
    "line",
    [
        "error: Reset failed.",
        "Reset failed!",
        "The reset has failed",
        "warning: Timeout waiting for device at BDF 0000:01:00.0 to reappear.",
        "Timed out waiting for the driver",
        "device 3 did not reappear",
        "chip 0000:c1:00.0: reset failed",
        "Reset of board 2 failed",
        "Error when re-initializing chips!",
        "Error in resetting galaxy 6u trays!",
        "Error accessing board at PCI index 1! Use -ls to see all devices available to reset",
        "Failed on last reset...exiting with error code 1",
        "failed to reset device 2",
        "Unable to reset board 0",
        "could not reset 0000:01:00.0",
        "3 of 4 boards were reset, board 2 failed",
        "reset status: -1",
        "Driver not loaded with 32 devices after 100 seconds... giving up",
        "No Tenstorrent devices detected! Please check your hardware and try again. Exiting...",
        "the chip no longer responds",
        "Trying reset (1/3)...\nError in resetting galaxy 6u trays, resetting again...\nReset failed",
    ],
)
def test_a_reset_that_failed(line: str) -> None:
    last = line.splitlines()[-1]
    assert reset_complaint(f"Resetting\n{line}\n Re-initializing boards after reset....") == last
    assert reset_complaint(f"\x1b[91m {line} \x1b[0m") == last


def test_the_line_of_json_counts_more_than_words() -> None:
    assert reset_complaint('Reset failed.\n{"good": true}\n') == ""
    assert reset_complaint('{"good": true}\n{"good": false, "message": "chip 2 is gone"}\nDone!') == "chip 2 is gone"
    assert reset_complaint('{"good": false}')
    assert reset_complaint('{"good": "false"}\n{"chips": 3}\n{') == "", "another tool's JSON says nothing"
