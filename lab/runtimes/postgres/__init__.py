"""The shop's database where it is PostgreSQL: made ready, copied for each run, and read by learners."""
