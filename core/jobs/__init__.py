"""Background work: the queue of runs, files and questions."""
