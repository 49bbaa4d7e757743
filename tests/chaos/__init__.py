"""Real kills: nothing here is simulated."""
