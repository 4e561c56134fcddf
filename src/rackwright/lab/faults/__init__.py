"""Faults: things that go wrong in a machine room, done to the simulated world and never through product
code.
"""
