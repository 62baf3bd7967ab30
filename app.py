"""Recsys Studio: the entry. Every page is declared in pages/ui/shell.py."""

from pages.ui import shell

shell.frame()
