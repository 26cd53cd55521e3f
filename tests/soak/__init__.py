"""A lab that is mistreated for a stated time, and what it must never lose: `make soak SECONDS=600`."""
