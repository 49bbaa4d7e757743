"""The use cases, a file for each cause: load, ask the domain, save, say what happened."""
