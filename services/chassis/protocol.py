"""uvicorn's HTTP protocol, with our envelope for what is not HTTP at all."""

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from services.chassis.problem import MEDIA_TYPE, Problem


class ProblemProtocol(HttpToolsProtocol):
    """Answers a malformed request like every other error; `types` is the address that problem types start with."""

    types = ""

    def send_400_response(self, msg: str) -> None:
        """Say so, and hang up."""
        body = Problem(
            400,
            "malformed-request",
            "Malformed request",
            f"{msg.rstrip('.')}. Check the request line, the headers and the length of the body.",
        ).body(self.types)
        self.transport.write(
            STATUS_LINE[400]
            + b"content-type: %b\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % (MEDIA_TYPE.encode(), len(body))
            + body
        )
        self.transport.close()
