"""One step of the page, one file."""
