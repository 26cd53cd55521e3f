"""Words every part shares: errors, clock, registries, windows, the System protocol. No I/O."""
