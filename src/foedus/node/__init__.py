"""A node: one party's directory, with the line running through it. Wiring only: no parsing, no rule, no SQL."""
