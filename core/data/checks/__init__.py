"""What can be wrong with a table, by what it is wrong with."""
