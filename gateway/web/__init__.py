"""The control plane: the gateway's own pages and its REST API."""
