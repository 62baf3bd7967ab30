"""Settings that were tried on development splits, one module a model."""
