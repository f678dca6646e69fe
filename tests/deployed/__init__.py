"""What deploy/ promises, run: our Dockerfile built, its image in a container without rights, the compose file up."""
