"""The place for the intro service's pages."""
