"""rackwright: one cluster file to a verified GPU cluster. Start reading at :mod:`rackwright.pipeline`."""

__version__ = "0.1.0"
