"""What the watcher remembers, and the vocabulary that every other part speaks."""
