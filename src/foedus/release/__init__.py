"""Decide what may leave: compile a programme, decide and explain, close references, redact, look once more."""
