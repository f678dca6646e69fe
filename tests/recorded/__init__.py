"""What is done with the real recordings of each source."""
