"""The boards of this host, from what the kernel driver, tt-umd and tt-smi say of its chips.

`driver`, `umd` and `farm.board.tt_smi` read facts; `grouping` makes boards of them, without IO; `survey` decides who is
asked. It uses the products, the holders of chips and the programs that it asks, and knows nothing of backends.
"""
