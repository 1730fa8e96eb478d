"""The embedded stand-in for a remote, with real notebooks."""
