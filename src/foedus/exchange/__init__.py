"""Puts decisions on the wire and takes what arrives: TAXII 2.1, MISP, node to node, TLS. It carries, it never decides."""
