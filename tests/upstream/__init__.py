"""A server of recorded feeds on loopback, for tests, benchmarks and the demo."""

from tests.upstream.server import Fault, Seen, Upstream

__all__ = ["Fault", "Seen", "Upstream"]
