"""Compression: distillation, pruning, quantization and vocabulary trimming."""
