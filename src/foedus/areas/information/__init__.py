"""Information environment: what was copied, translated and pushed together; never what is true or who is behind it."""
