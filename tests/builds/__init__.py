"""The whole walk with real parts: ``make test-builds``."""
