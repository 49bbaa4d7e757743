"""The place for changes of the intro service's schema."""
