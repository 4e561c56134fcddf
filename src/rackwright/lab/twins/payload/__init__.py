"""Files that go into the twin packages; they run on the lab's machines, never in rackwright itself."""
