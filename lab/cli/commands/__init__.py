"""One file per command; each has a `command`. Their order and headings are in `lab.cli.root`."""
