"""What CI services need: job matrices, annotations, summaries, and shards merged into one run.

One file per service. Everything is read from the store and the plan; nothing runs here.
"""
