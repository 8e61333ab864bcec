"""The report as one HTML page: its sections, tables, plots, style and script.

It takes a view and a context, and returns text. `html` fills the template, `tables` and `details` make the data that
the script shows, and `plots` draws SVG; the template, the style and the script are in `static`.
"""
