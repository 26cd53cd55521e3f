"""Heads of HTTP/1.1 messages: split off as bytes, judged by httptools' strict parser and by what it lets pass."""

from http import HTTPStatus

import httptools

from lab.proxy.bodies import Body, ChunkedBody, EndlessBody, FramingError, SizedBody

HEAD_LIMIT = 65_536
FIELDS_LIMIT = 200
"""Header fields of one message; other servers take 100 to 2,000."""
HEAD_END = b"\r\n\r\n"
HOP_BY_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
)
_SPECIAL = HOP_BY_HOP | {b"content-length", b"host", b"expect"}

PHRASES = {status.value: status.phrase.encode() for status in HTTPStatus}

Headers = list[tuple[bytes, bytes]]


def sized(headers: Headers, length: int) -> Headers:
    """The headers with this Content-Length in place of any other."""
    return [*(one for one in headers if one[0].lower() != b"content-length"), (b"Content-Length", b"%d" % length)]


class _Collector:
    """Takes what the parser finds."""

    __slots__ = ("headers", "reason", "target")

    def __init__(self) -> None:
        self.target = b""
        self.reason = b""
        self.headers: Headers = []

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_status(self, reason: bytes) -> None:
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))


class _Fields:
    """The header fields that frame a message, and those that travel on."""

    __slots__ = ("chunked", "close", "expects", "hosts", "kept", "length", "persists")

    def __init__(self, headers: Headers) -> None:
        self.length: int | None = None
        self.chunked = self.close = self.persists = self.expects = False
        self.hosts = 0
        if len(headers) > FIELDS_LIMIT:
            raise FramingError("too many header fields")
        kept: Headers = []
        named: set[bytes] = set()
        for field in headers:
            name = field[0].lower()
            if name in _SPECIAL:
                value = field[1]
                if name == b"content-length":
                    self.length = int(value)
                elif name == b"transfer-encoding":
                    if self.chunked or value.lower() != b"chunked":
                        raise FramingError("a transfer coding other than chunked")
                    self.chunked = True
                elif name == b"connection":
                    tokens = {token.strip() for token in value.lower().split(b",")}
                    self.close = self.close or b"close" in tokens
                    self.persists = self.persists or b"keep-alive" in tokens
                    named |= tokens - _SPECIAL
                elif name == b"host":
                    self.hosts += 1
                elif name == b"expect":
                    if value.lower() != b"100-continue":
                        raise FramingError("an unknown expectation")
                    self.expects = True
                if name in HOP_BY_HOP:
                    continue
            kept.append(field)
        if named:
            kept = [field for field in kept if field[0].lower() not in named]
        self.kept = kept


class RequestHead:
    """A request's first part; `headers` are those that travel on."""

    __slots__ = ("chunked", "expects", "headers", "keep_alive", "length", "method", "minor", "target")

    def __init__(self, method: bytes, target: bytes, minor: int, fields: _Fields) -> None:
        self.method = method
        self.target = target
        self.minor = minor
        self.headers = fields.kept
        self.length = fields.length
        self.chunked = fields.chunked
        self.expects = fields.expects and minor == 1
        self.keep_alive = not fields.close if minor == 1 else fields.persists

    def body(self) -> Body | None:
        """A reader for the body; None when there is none."""
        if self.chunked:
            return ChunkedBody()
        return SizedBody(self.length) if self.length else None

    def wire(self) -> bytes:
        """The head as the callee gets it."""
        lines = [b"%b %b HTTP/1.1\r\n" % (self.method, self.target)]
        lines += [b"%b: %b\r\n" % field for field in self.headers]
        lines.append(b"Transfer-Encoding: chunked\r\n\r\n" if self.chunked else b"\r\n")
        return b"".join(lines)


class AnswerHead:
    """An answer's first part; `headers` are those that travel on."""

    __slots__ = ("chunked", "has_body", "headers", "keep_alive", "length", "reason", "status")

    def __init__(
        self, status: int, reason: bytes | None, headers: Headers, *, length: int | None, method: bytes
    ) -> None:
        self.status = status
        self.reason = reason
        self.headers = headers
        self.length = length
        self.chunked = False
        self.keep_alive = True
        self.has_body = status >= 200 and status not in (204, 304) and method != b"HEAD"

    def wire(self, minor: int, *, chunked: bool, last: bool) -> bytes:
        """The head as a caller that speaks HTTP/1.`minor` gets it; `last` when its connection ends with the answer."""
        reason = PHRASES.get(self.status, b"") if self.reason is None else self.reason
        lines = [b"HTTP/1.1 %d %b\r\n" % (self.status, reason)]
        lines += [b"%b: %b\r\n" % field for field in self.headers]
        if chunked:
            lines.append(b"Transfer-Encoding: chunked\r\n")
        if self.status >= 200:
            if last:
                lines.append(b"Connection: close\r\n")
            elif minor == 0:
                lines.append(b"Connection: keep-alive\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)

    def body(self) -> Body | None:
        """A reader for the body; None when there is none."""
        if not self.has_body or self.length == 0:
            return None
        if self.chunked:
            return ChunkedBody()
        return EndlessBody() if self.length is None else SizedBody(self.length)


def read_request_head(raw: bytes) -> RequestHead:
    """The request head that `raw` is, up to and including its empty line; FramingError when it is ambiguous."""
    found = _Collector()
    parser = httptools.HttpRequestParser(found)
    minor = _minor_version(raw, raw.find(b"\r\n") - 8)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass
    except httptools.HttpParserError as error:
        raise FramingError(str(error)) from None
    fields = _Fields(found.headers)
    if fields.hosts > 1 or (minor == 1 and fields.hosts == 0):
        raise FramingError("not one Host")
    if fields.chunked and minor == 0:
        raise FramingError("chunked in HTTP/1.0")
    method: bytes = parser.get_method()
    target = found.target
    if method == b"CONNECT":
        raise FramingError("a tunnel")
    if not target.startswith(b"/") and target != b"*":
        scheme, separator, rest = target.partition(b"://")
        if not separator or scheme.lower() != b"http":
            raise FramingError("not a path")
        target = b"/" + rest.partition(b"/")[2]
    return RequestHead(method, target, minor, fields)


def read_answer_head(raw: bytes, method: bytes) -> AnswerHead:
    """The head of the answer to a request with that method; FramingError when it is ambiguous."""
    found = _Collector()
    parser = httptools.HttpResponseParser(found)
    minor = _minor_version(raw, 0)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass
    except httptools.HttpParserError as error:
        raise FramingError(str(error)) from None
    fields = _Fields(found.headers)
    if fields.chunked and minor == 0:
        raise FramingError("chunked in HTTP/1.0")
    status: int = parser.get_status_code()
    if status < 200 or status == 204:
        fields.kept = [field for field in fields.kept if field[0].lower() != b"content-length"]
    head = AnswerHead(status, found.reason, fields.kept, length=fields.length, method=method)
    head.chunked = fields.chunked
    head.keep_alive = not fields.close if minor == 1 else fields.persists
    return head


def _minor_version(raw: bytes, at: int) -> int:
    if raw.startswith(b"HTTP/1.1", at):
        return 1
    if raw.startswith(b"HTTP/1.0", at):
        return 0
    raise FramingError("not HTTP/1")
