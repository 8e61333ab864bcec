"""One file for each format of configurations that is read: tt-metal's masters of version 1 and 2."""
