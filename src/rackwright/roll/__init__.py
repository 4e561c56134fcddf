"""A rolling change: hosts to the lock batch by batch, each drained, changed, proven and returned."""
