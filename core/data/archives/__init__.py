"""Archives: a ZIP of any sender -> a table, by its folders, its names and the tables in it."""
