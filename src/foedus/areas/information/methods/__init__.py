"""One kernel a file: definition, source, settings and innocent explanations stand in its docstring."""
