"""The data plane: the one listener that every request comes through."""
