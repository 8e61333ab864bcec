"""Reports of a run, all from one view of the store: files, the terminal's summary, progress while it runs."""
