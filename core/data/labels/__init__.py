"""Label cells: one label or several in a cell, and what is between them."""
