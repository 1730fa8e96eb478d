"""What the gateway knows and decides; it waits for nothing."""
