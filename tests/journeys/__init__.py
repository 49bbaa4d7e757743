"""One test a line of the story, through three real services on a real Redis-protocol server."""
