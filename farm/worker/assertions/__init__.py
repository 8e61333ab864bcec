"""Whether a failed assertion of a sweep module is about numbers that it read back from a board.

In: the exception, whose traceback holds the frames and their live values. Out: yes or no. Uses the standard library
alone: the source of the functions in the traceback is read, and nothing in it runs again.
"""
