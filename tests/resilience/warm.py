"""Imports what :mod:`tests.resilience.victim` runs: for the process that all victims are forked from."""

import gc
import importlib

from tests.resilience.victim import LAZY

for module in LAZY:
    importlib.import_module(module)

# Whoever is forked does not look through all this again and again.
gc.freeze()
