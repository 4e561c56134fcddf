"""Checks of one device: pure functions from facts and expectations to verdicts, one noun a file."""
