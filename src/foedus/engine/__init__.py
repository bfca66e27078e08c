"""Engine: runs a room's doors over records."""
