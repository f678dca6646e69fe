"""What is shipped for running it: checked as far as a machine without a cluster can."""
