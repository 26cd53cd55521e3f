"""`python -m services.gateway`."""

from services.chassis import run

run("gateway")
