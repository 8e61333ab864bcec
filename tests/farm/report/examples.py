"""How the vectors of the example runs end."""

from __future__ import annotations

from farm.core.verdicts import Reason, Verdict

HOSTILE = "\x1b[2J[red]x[/red] ]]> <b>&amp; | `tick` ```\n# head\x00\ud800\ufffe\x07 </details> \u202e"
MIXED = [
    (Verdict.VALIDATED, Reason.NONE, ""),
    (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, "TT_FATAL: 3 < 4"),
    (Verdict.FAIL_ASSERT_EXCEPTION, Reason.EXCEPTION, "TT_FATAL: 5 < 6"),
    (Verdict.FAIL_CRASH_HANG, Reason.CRASH, HOSTILE),
    (Verdict.BOARD_FAULT, Reason.OPEN_FAILED, "no such device"),
    (Verdict.NOT_RUN, Reason.LOST_ARGUMENT, "it can't run without its lost 'conv_config'"),
    (Verdict.XFAIL, Reason.EXCEPTION, "as expected"),
]
