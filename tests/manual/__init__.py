"""What the program tells of itself is whole and true."""
