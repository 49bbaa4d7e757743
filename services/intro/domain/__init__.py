"""What the intro service knows: pure rules, no framework."""
