"""Acting on the world: git, pull requests, and later builds and registries."""
