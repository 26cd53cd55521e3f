"""What comes before the content: type, encoding, size."""

import zlib

from lab.core.errors import UsageError

LARGEST_BYTES = 16 * 1024 * 1024


def is_protobuf(content_type: str) -> bool:
    """Whether the type is protobuf's; False for JSON, UsageError for anything else."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return False
    if kind == "application/x-protobuf":
        return True
    raise UsageError(
        f"OTLP over HTTP does not come as {kind or 'nothing'!r}.",
        "Set the exporter's protocol to http/protobuf or http/json.",
    )


def unpack(body: bytes, encoding: str | None) -> bytes:
    """The plain body; UsageError when it is too large or not what its encoding says."""
    name = (encoding or "identity").strip().lower()
    if len(body) > LARGEST_BYTES:
        raise _too_large()
    if name == "identity":
        return body
    if name != "gzip":
        raise UsageError(f"The body comes in an unknown encoding, {name!r}.", "Send it plain or as gzip.")
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        plain = inflater.decompress(body, LARGEST_BYTES + 1)
    except zlib.error as error:
        raise UsageError(f"The body is not gzip: {error}.", "Send it plain, or compress it again.") from None
    if len(plain) > LARGEST_BYTES:
        raise _too_large()
    if not inflater.eof:
        raise UsageError("The gzip body ends too early.", "Send all of it.")
    return plain


def _too_large() -> UsageError:
    return UsageError(
        f"The body holds more than {LARGEST_BYTES // 1024 // 1024} MiB.",
        "Send smaller batches (OTEL_BSP_MAX_EXPORT_BATCH_SIZE).",
    )
