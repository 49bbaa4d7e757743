"""Tables, repositories and read models: all SQL of the notify service."""
