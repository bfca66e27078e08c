"""What texts say across languages: one method a file, its source, settings and limits in its docstring."""
