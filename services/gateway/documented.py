"""What the OpenAPI document says about each operation."""

from typing import Any

LIST_PRODUCTS: dict[str, Any] = {"response_model": None}
GET_PRODUCT: dict[str, Any] = {"response_model": None}
CREATE_ORDER: dict[str, Any] = {"response_model": None, "status_code": 201}
LIST_ORDERS: dict[str, Any] = {"response_model": None}
GET_ORDER: dict[str, Any] = {"response_model": None}
REFUND_ORDER: dict[str, Any] = {"response_model": None, "status_code": 201}
GET_ME: dict[str, Any] = {"response_model": None}
OPENAPI: dict[str, Any] = {}
