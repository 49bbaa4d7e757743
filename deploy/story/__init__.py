"""The whole story, played by acting as its people do: over HTTP, and by opening the mails and their links."""
