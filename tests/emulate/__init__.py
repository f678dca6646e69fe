"""The GitHub adapter, and the whole walk, against a GitHub that none of us wrote: `make test-emulate`."""
