"""What the README claims, as commands that print a table: python -m benchmarks [NAME]."""
