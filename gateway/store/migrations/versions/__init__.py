"""One file for each step of the schema; a released one never changes."""
