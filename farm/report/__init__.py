"""Reports of a run, all from one view of the store: files, and the terminal's summary.

`write_report` and `print_summary` tell how a run ended, `exit_code_of` says it in a number.
"""

from farm.report.background import Background, background
from farm.report.exit import exit_code, exit_code_of
from farm.report.files import FORMATS, USUAL, make_directory, usual_directory, write_report
from farm.report.terminal import print_summary, stdout_console

__all__ = [
    "FORMATS",
    "USUAL",
    "Background",
    "background",
    "exit_code",
    "exit_code_of",
    "make_directory",
    "print_summary",
    "stdout_console",
    "usual_directory",
    "write_report",
]
