"""ClusterSpec and Tables to Design: pure and deterministic; every number comes from a position, never from a count."""
