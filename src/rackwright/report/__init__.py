"""Report: one self-contained page about a cluster, from its design and, where there is one, its last
verify."""
