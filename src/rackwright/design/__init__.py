"""ClusterSpec and Tables to Design: pure, deterministic; numbers come from positions, never from counts."""
