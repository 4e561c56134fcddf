"""The typed components that stack programs declare: one file for each layer."""
