"""Commands: one module each; they read options, call a stage and print what it returns."""
