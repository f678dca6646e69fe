"""Images that are really built and run: ``make test-images``."""
