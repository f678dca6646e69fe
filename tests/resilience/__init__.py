"""Killed at every boundary and at random instants: ``make test-resilience RUNS=n SEED=s``."""
