"""Boards: what one process opens on a host. Silicon, simulated, mock, and a fake for tests, behind one interface."""
