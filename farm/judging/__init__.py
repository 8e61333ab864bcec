"""How an output's numbers are judged: which inputs test an operation, how close its output must be, and what is wrong.

Pure: values and arrays come in, judgements come out. It uses core and tracer alone, and of others' packages only numpy,
since it runs inside the worker; what the driver needs of it (the table of tolerances) needs not even that.
"""
