"""The outside of the notify service, one file a neighbour."""
