"""Writes `services/gateway/orders_openapi.json` from what orders says: `python …/write_contract.py`."""

from pathlib import Path
from typing import Any

import orjson

from services.orders.app import create

CONTRACT = Path(__file__).parents[3] / "services" / "gateway" / "orders_openapi.json"


def contract() -> dict[str, Any]:
    """What the gateway needs of the document of orders."""
    document = create().openapi()
    return {name: document[name] for name in ("tags", "paths", "components") if name in document}


def written(document: dict[str, Any]) -> bytes:
    """The file's bytes."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


if __name__ == "__main__":
    CONTRACT.write_bytes(written(contract()))
