"""What the notify service knows: pure rules, no framework."""
