"""One file per theme; each has `TITLE` and `measure(effort) -> Theme`."""
