"""A farm of many hosts: joining it, leaving it, and what each host and board of it is doing.

`farm up` starts a Ray node that the host owns (`node`) and offers its boards (`inventory`) to the farm's registry
(`registry`, run by `service` on the head). A run's driver asks the registry for boards (`fleet`), and people look at it
(`farm boards`). Everything that listens asks for the farm's token (`token`).
"""
