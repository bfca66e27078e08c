"""The node's storage: one database through SQLAlchemy Core, SQLite or PostgreSQL, and Parquet beside it. It interprets no label."""
