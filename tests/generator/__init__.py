"""What thinks, tested with no world around it."""
