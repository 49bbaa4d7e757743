"""Everything that lets the three services run on one machine with nothing installed."""
