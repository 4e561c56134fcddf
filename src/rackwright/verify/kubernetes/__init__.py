"""Kubernetes as a whole: what its API says against the design, and a claim on every GPU node.

In reading order: ``seen`` (what was read), ``reading`` (once, from the API), ``claim_objects`` and
``claims`` (what is made there for a moment), ``marks`` (what depends on what), then one module for each kind
of fact, and ``verdicts`` (all of them).
"""
