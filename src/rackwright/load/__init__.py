"""load: YAML on disk to a ClusterSpec and its Tables, or every mistake at once with its place."""
