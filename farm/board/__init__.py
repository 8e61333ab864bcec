"""Boards of one host: kinds, backends, the supervisor that runs vectors on a board, its worker's handle, resets.

A product is one row of `kinds`; what differs between silicon, simulated, mock and fake boards is one file per backend.
It knows nothing of Ray or of other hosts.
"""
