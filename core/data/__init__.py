"""Data: reading a table, describing what is in it, dividing it, and the bundled samples."""
