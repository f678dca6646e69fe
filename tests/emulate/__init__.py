"""The GitHub adapter against a GitHub that none of us wrote: `make test-emulate`."""
