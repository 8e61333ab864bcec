"""How Sphinx builds these pages: `uv run --group docs sphinx-build -W --keep-going -n docs FOLDER`."""

project = "farm"
author = "the authors of farm"
extensions = ["myst_parser"]
root_doc = "index"
html_theme = "furo"
html_title = "farm"
html_copy_source = False
# Links to headings work as on GitHub; a link or an anchor that leads nowhere is a warning, and `-W` makes it an error.
myst_heading_anchors = 3
