"""Profile: what the columns of a table are, and what they hold."""
