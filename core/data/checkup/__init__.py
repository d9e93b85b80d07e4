"""Check-up: what is wrong with a table, or may be, and the edits that mend it."""
