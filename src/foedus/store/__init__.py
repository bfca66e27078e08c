"""The node's storage: SQLite or PostgreSQL through SQLAlchemy Core, and Parquet beside it. It interprets no label."""
