"""Readers: the bytes of a file of any format -> a grid of text."""
