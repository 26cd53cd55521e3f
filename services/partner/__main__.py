"""`python -m services.partner`."""

from services.chassis import run

run("partner")
