"""InfiniBand: subnets of a design, and every file that their subnet managers and cable tools read."""
