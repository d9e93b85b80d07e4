"""What several steps show."""
