"""Any text, at every door that leads to a Dockerfile, a git ref, a path, a tag or HTML: ``make test-fuzz``."""
