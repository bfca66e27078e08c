"""The pages of a node's own people: rendered on the node, with a JSON and a CSV twin each; no SQL and no rule here."""
