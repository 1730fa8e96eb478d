"""What must last: credentials, sessions, tokens and pinned host keys."""
