"""Tables in, Altair charts out: no widgets, titles that say what one sees."""
