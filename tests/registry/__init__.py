"""A registry on loopback: what the distribution spec asks of one, and its faults on demand."""

from tests.registry.server import LoopbackRegistry

__all__ = ["LoopbackRegistry"]
