"""One selection under several versions of ttnn: what an upgrade changes, and which version changed it.

In come the names of versions, interpreters or wheels, and a `SweepSpec`; out come an `UpgradeReport` or a `Bisection`.
Each ttnn gets an environment of its own, and the selection runs under each as ordinary runs do: this room uses
`farm.running`, `farm.planning` and the results store. What decides, `changes`, `signatures` and `search`, does no IO.
"""
