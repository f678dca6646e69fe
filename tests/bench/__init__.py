"""Benchmarks: each figure beside the physical limit that the same machine showed in the same run.

``make bench`` runs all, ``python -m tests.bench walk poll`` some. Nothing here asserts a time: machines are noisy,
read the ratios.
"""
