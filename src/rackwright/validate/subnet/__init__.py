"""A rendered InfiniBand subnet, read back: files, a simulated fabric, what is discovered on it."""
