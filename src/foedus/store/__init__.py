"""The node's storage: one SQLite database through SQLAlchemy Core, and Parquet beside it. It interprets no label."""
