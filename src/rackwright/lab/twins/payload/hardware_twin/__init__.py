"""Commands that answer from a machine's hardware record instead of from hardware. For labs only."""
