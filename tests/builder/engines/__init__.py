"""Engines: how they are called, and which one is taken."""
