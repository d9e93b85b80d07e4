"""Pictures: stored small and safe, and the rows that name them."""
