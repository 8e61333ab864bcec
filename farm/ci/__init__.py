"""What CI services need: job matrices, annotations, summaries, and shards merged into one run.

One file per service. It takes plans and runs of the store, runs nothing itself, and uses `farm.planning`,
`farm.report` and `farm.store`.
"""
