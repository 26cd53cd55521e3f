"""What a page's form sent: text fields, no files, bounded in size."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from fastapi import Request

from lab.core.errors import UsageError

MOST_BYTES = 64 * 1024


class Sent:
    """The fields of a form; a field that was not sent is empty."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        self._fields = fields

    def one(self, name: str, default: str = "") -> str:
        """The field's first value, without space around it."""
        values = self._fields.get(name) or [default]
        return values[0].strip()

    def every(self, name: str) -> list[str]:
        """All values of a field that may have several, empty ones left out."""
        return [value.strip() for value in self._fields.get(name, ()) if value.strip()]


async def sent(request: Request) -> Sent:
    """The form in a request's body; UsageError when it is none, or too large."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            raise UsageError(f"The form is larger than {MOST_BYTES // 1024} kB.", "Send less text.")
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded") and body:
        raise UsageError("That is not a form.", "Use the page's own form, or the JSON API below /api.")
    try:
        return Sent(parse_qs(body.decode(), keep_blank_values=True, max_num_fields=200, errors="strict"))
    except ValueError:
        raise UsageError("The form cannot be read.", "Reload the page and try again.") from None
