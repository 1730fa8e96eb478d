"""The file, the environment and the secrets, read into an inventory."""
