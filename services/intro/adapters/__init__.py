"""The outside of the intro service, one file a neighbour."""
