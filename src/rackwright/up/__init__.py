"""From a design to a running cluster: stacks in order, shards side by side."""
