"""The command line: `python -m recsys_core ...`."""
