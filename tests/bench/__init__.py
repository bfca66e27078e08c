"""Benches: each module prints its figures and the ratio to a public peer run on the same data in the same run."""
