"""The command line and the embedded runtime."""
