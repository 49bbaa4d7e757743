"""HTTP: parse, run the use case, render; a file an audience."""
