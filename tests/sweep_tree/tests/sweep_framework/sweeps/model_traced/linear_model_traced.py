"""Parameters that some configurations lack."""

parameters = {"model_traced": {"rows,bias,activation": [(32, None, "relu"), (64, "__ABSENT__", "__ABSENT__")]}}


def run(rows, bias, activation, *, device, **kwargs):
    absent = kwargs.get("__absent_keys__", set())
    if absent != ({"bias", "activation"} if rows == 64 else set()):
        raise ValueError(absent)
    return bias is None and activation in {"relu", None}, "1.0"
