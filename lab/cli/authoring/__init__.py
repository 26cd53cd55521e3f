"""The commands of `lab scenario`, one file each."""
