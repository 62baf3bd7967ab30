"""Questions asked of finished runs: a person's list, a new person's list, a more diverse list."""
