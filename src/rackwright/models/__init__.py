"""Frozen models: what people write (:mod:`spec`), facts (:mod:`tables`), what is derived (:mod:`design`)."""
