"""A mail server that keeps what it gets and brings it to nobody: SMTP on one port, its books as JSON and a page on
another, and on demand everything that goes wrong with real ones."""
