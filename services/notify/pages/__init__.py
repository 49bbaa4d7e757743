"""Pages for people: no more mail, less mail, mail again."""
