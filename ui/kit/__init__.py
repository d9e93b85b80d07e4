"""What several parts of the page are made of."""
