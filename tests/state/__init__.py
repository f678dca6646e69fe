"""What the watcher remembers, tested."""
