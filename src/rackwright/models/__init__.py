"""Frozen, typed models: what people write (:mod:`spec`), what the catalog says, what we derive (:mod:`design`)."""
