"""farm runs traced operation configurations on every Tenstorrent board a team owns, and gathers one report."""
