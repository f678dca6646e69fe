"""What the program can tell of itself: its manual page, and the reference pages of the documentation."""
