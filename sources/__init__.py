"""The upstreams that are watched, one module each: reading the world, never changing it."""
