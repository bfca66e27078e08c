"""Cyber: threat intelligence in STIX 2.1, MISP and indicator lists."""
