"""From files to a Dataset and its splits. NumPy, pandas and Arrow only."""
