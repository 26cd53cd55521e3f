"""`python -m services.orders`."""

from services.chassis import run

run("orders")
