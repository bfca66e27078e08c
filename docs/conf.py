"""Sphinx settings."""

project = "Foedus"
author = "The Foedus developers"
copyright = "The Foedus developers, Apache-2.0"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
master_doc = "index"
html_theme = "furo"
html_title = "Foedus"
html_static_path = ["_static"]
html_css_files = ["tables.css"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
suppress_warnings = ["myst.xref_missing"]
