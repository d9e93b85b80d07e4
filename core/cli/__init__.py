"""The command line: a module for each command (`core.cli.parser` lists them), and what they share."""
