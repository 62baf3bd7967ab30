"""What pages share: the shell, state, caches, widgets from parameter descriptions, parts of a page."""
