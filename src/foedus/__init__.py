"""Foedus runs a partnership agreement as software: ingest, analyse, label, release, exchange, account."""

__version__ = "0.1.0"
