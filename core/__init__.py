"""The work of TickTune: data, models, training, evaluation and export. Knows no page."""
