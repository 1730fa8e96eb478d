"""The tasks that keep tunnels up, and all that is asyncssh."""
