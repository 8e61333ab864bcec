"""An operation that nothing was traced of."""

traced = None
parameters = {"model_traced": traced} if traced else {}


def run(input_a_shape, *, device, **kwargs):
    return True, "1.0"
