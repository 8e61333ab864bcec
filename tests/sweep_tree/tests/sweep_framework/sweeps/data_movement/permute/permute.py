"""A list that `run()` changes, beside a value that can't be written down."""

parameters = {"nightly": {"order": [[0, 1]], "step": [1, 2, 3], "judge": [lambda value: len(value) == 3]}}


def run(order, step, judge, *, device):
    order.append(step)
    if not judge(order):
        raise ValueError(order)
    return True, "1.0"
