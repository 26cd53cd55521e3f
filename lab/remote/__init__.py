"""A console from outside: its home folder, its HTTP API, its process. What the command line and proofs share."""
