"""The tests: the same tree as the program's, and the worlds that they play in."""
