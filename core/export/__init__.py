"""Export: a trained model as files that work without TickTune."""
