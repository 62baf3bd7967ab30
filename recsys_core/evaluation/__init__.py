"""Ranks the whole catalogue, measures per user, and says how sure the mean is."""
