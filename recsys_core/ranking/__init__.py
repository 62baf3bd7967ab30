"""Ranks what a model scored, and re-ranks it: arrays in, lists out."""
