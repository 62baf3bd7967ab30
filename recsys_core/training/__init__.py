"""Makes runs: the worker process, the queue, and the dispatcher that keeps a spare worker warm."""
