"""Opaque cursors for keyset pagination: where the last page ended, so that new rows never shift the next."""

import base64
import binascii
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class BadCursor(ValueError):
    """The cursor is none of ours."""


def encode(*parts: str) -> str:
    """The parts, none of which may contain a line feed or NUL, as one opaque URL-safe word."""
    return base64.urlsafe_b64encode("\n".join(parts).encode()).decode().rstrip("=")


def decode(cursor: str, length: int) -> tuple[str, ...]:
    """The parts of a cursor made by `encode`; BadCursor when it is none or has another number of parts."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        parts = tuple(raw.decode().split("\n"))
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise BadCursor(cursor) from None
    if len(parts) != length or any("\0" in part for part in parts):
        raise BadCursor(cursor)
    return parts


def encode_moment(moment: datetime, row_id: int) -> str:
    """Cursor after the row of that moment and id."""
    return encode(str((moment - _EPOCH) // _MICROSECOND), str(row_id))


def decode_moment(cursor: str) -> tuple[datetime, int]:
    """The moment and id of the last row seen; BadCursor when it is none."""
    microseconds, row_id = decode(cursor, 2)
    try:
        moment, number = _EPOCH + timedelta(microseconds=int(microseconds)), int(row_id)
    except (ValueError, OverflowError):
        raise BadCursor(cursor) from None
    if not 0 <= number < 2**63:
        raise BadCursor(cursor)
    return moment, number
