"""Workflow: a run from its rows to its result, and the runs and questions around it."""
