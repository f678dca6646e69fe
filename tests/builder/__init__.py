"""The adapters of the forge and of git, on real repositories."""
