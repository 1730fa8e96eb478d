"""One authenticated entry point to the notebooks that a team runs behind SSH."""
