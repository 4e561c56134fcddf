"""Folded Clos fabrics as plain numbers: leaves, two tiers, three tiers, limits. One rule, no table."""
