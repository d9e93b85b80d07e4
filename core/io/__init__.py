"""Files that are read back, temporary ones, checksums, and what a terminal is shown."""
