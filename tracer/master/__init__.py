"""The master file: reading, merging, comparing, showing and writing it."""
