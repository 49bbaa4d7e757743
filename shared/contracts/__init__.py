"""The only words that cross from one service to another: the envelope and every event of the three services."""
