"""The use cases: load, ask the domain, save, say what happened. One file for each thing they are about."""
