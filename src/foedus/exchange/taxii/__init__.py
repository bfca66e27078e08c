"""TAXII 2.1: server over release views, client that resumes."""
