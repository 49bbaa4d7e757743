"""The three independent services; none imports another."""
