"""Farm commands sent to a farm from another machine, through Ray's job API, and the files that come back."""
