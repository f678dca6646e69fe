"""A GitHub made of real git: for the tests, and to be started by hand (``python -m tests.github``).

Branches, merges and diffs are those of a bare repository; what GitHub keeps beside it (pull requests, labels,
checks, hooks) is in :class:`tests.github.hub.Hub`. Every request and every response is held against GitHub's
own API description, every webhook against the recorded examples (``api/``, see ``api/README.md``).
"""
