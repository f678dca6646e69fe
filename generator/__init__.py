"""Thinking: from the catalogue and releases to images, names, files and changes. Pure functions only."""
