"""Other people's recommenders, in an environment of their own (`make peers`); our side judges what they say.

Nothing in here imports recsys_core: `run.py` reads a split from a file and writes lists or predictions to another.
"""
