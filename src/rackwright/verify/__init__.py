"""Verify: read every machine once, judge each fact against the design, name the one cause behind many
effects."""
