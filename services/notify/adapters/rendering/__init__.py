"""What turns a mail's row into bytes: words, templates, MIME."""
