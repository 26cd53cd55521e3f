"""How an exchange ends when it does not end with the callee's answer."""

from dataclasses import dataclass
from time import gmtime, strftime

from lab.proxy.heads import PHRASES, Headers


@dataclass(frozen=True, slots=True)
class Substitute:
    """An answer in the callee's place."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Disconnect:
    """No answer: the connection ends by FIN, or by RST."""

    reset: bool


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer until the caller leaves, or for so long, and then FIN."""

    seconds: float | None


Ending = Substitute | Disconnect | Silence


def plain(status: int) -> Substitute:
    """The answer any load balancer gives by itself."""
    body = b"%b\n" % PHRASES[status]
    return Substitute(status, [(b"Content-Type", b"text/plain"), (b"Date", http_date())], body)


def http_date() -> bytes:
    """Now, as HTTP writes it; the names of days and months never follow the machine's language."""
    now = gmtime()
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[now.tm_wday]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[now.tm_mon - 1]
    return f"{day}, {now.tm_mday:02} {month} {strftime('%Y %H:%M:%S', now)} GMT".encode()
