"""The report as one HTML page: its sections, tables, plots, style and script.

`html` fills the template, `data` makes what the script shows, `plots` draws SVG. It takes a view and a context, and
returns text.
"""
