"""Reports of a run, all from one view of the store: files, the terminal's summary, progress while it runs.

* `write_report` and `print_summary` tell how a run ended, `exit_code_of` says it in a number.
* `progress_on` gives the display that the driver calls while it runs.
"""

from farm.report.background import Background, background
from farm.report.display import progress_on
from farm.report.exit import exit_code, exit_code_of
from farm.report.files import FORMATS, USUAL, make_directory, usual_directory, write_report
from farm.report.progress import Lane, Progress, Silent
from farm.report.terminal import print_summary, stdout_console

__all__ = [
    "FORMATS",
    "USUAL",
    "Background",
    "Lane",
    "Progress",
    "Silent",
    "background",
    "exit_code",
    "exit_code_of",
    "make_directory",
    "print_summary",
    "progress_on",
    "stdout_console",
    "usual_directory",
    "write_report",
]
