"""Labels: read, write, join and compare them; what may be released is decided elsewhere."""
