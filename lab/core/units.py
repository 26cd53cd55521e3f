"""The quantities of `lab.core.quantities` as pydantic types, for files and HTTP."""

from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from lab.core.quantities import milliseconds, per_second, say_ms, say_share, seconds, share

__all__ = [
    "Milliseconds",
    "PerSecond",
    "Seconds",
    "Share",
    "milliseconds",
    "per_second",
    "say_ms",
    "say_share",
    "seconds",
    "share",
]


def _schema(example: str) -> WithJsonSchema:
    return WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}], "examples": [example]})


Seconds = Annotated[float, BeforeValidator(seconds), _schema("20s")]
Milliseconds = Annotated[float, BeforeValidator(milliseconds), _schema("800ms")]
Share = Annotated[float, BeforeValidator(share), _schema("20%")]
PerSecond = Annotated[float, BeforeValidator(per_second), _schema("6/s")]
