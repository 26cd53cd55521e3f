"""What an edge's rules want to be done with one exchange."""

from typing import TYPE_CHECKING

from lab.proxy.bodies import ChunkedBody
from lab.proxy.endings import Disconnect, Ending, Silence, Substitute
from lab.proxy.heads import Headers, RequestHead, sized
from lab.proxy.held import HeldRequest
from lab.rules.exchange import Answer, Edit, Shaper

if TYPE_CHECKING:
    from lab.proxy.active import ActiveRule


class Plan:
    """The verbs of `lab.rules.exchange.Exchange`, noted down for the proxy to carry out."""

    __slots__ = (
        "_answer", "_counted", "_fields", "_headers_set", "_rule", "active", "answer_edits", "answer_rules", "chunked",
        "ending", "headers", "method", "now_s", "path", "request_edits", "shapers", "strength", "wait_s",
        "waits_for_request",
    )  # fmt: skip

    def __init__(self, head: RequestHead, path: str, now_s: float, active: int) -> None:
        self.method = head.method.decode("latin-1")
        self.path = path
        self.headers: Headers = head.headers
        self.active = active
        self.now_s = now_s
        self.strength = 1.0
        self.wait_s = 0.0
        self.ending: Ending | None = None
        self.request_edits: list[tuple[ActiveRule, Edit]] = []
        self.answer_edits: list[tuple[ActiveRule, Edit]] = []
        self.shapers: list[tuple[ActiveRule, Shaper]] = []
        self.chunked = False
        self.answer_rules: list[tuple[ActiveRule, float]] = []
        self.waits_for_request = False
        """Whether the exchange goes on only when the whole request has come."""
        self._fields: dict[bytes, bytes] | None = None
        self._headers_set = False
        self._answer: Answer | None = None
        self._rule: ActiveRule | None = None
        self._counted: list[ActiveRule] = []

    # ── the verbs of rules ──────────────────────────────────────────────────────────────────────────────────────

    def header(self, name: str) -> str | None:
        """As Exchange.header."""
        if self._fields is None:
            self._fields = {field.lower(): value for field, value in reversed(self.headers)}
        value = self._fields.get(name.lower().encode())
        return None if value is None else value.decode("latin-1")

    def wait(self, seconds: float) -> None:
        """As Exchange.wait."""
        if seconds > 0:
            self.wait_s += seconds
            self._count()

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """As Exchange.answer."""
        self._end(Substitute(status, [(name.encode(), value.encode()) for name, value in headers.items()], body))

    def reset(self) -> None:
        """As Exchange.reset."""
        self._end(Disconnect(reset=True))

    def close(self) -> None:
        """As Exchange.close."""
        self._end(Disconnect(reset=False))

    def hang(self, seconds: float | None) -> None:
        """As Exchange.hang."""
        self._end(Silence(seconds))

    def set_headers(self, headers: Headers) -> None:
        """As Exchange.set_headers."""
        if self._answer is not None:
            if headers != self._answer.headers:
                self._answer.headers = headers
                self._count()
        elif headers != self.headers:
            self.headers = headers
            self._headers_set = True
            self._fields = None
            self._count()

    def rewrite(self, edit: Edit) -> None:
        """As Exchange.rewrite."""
        assert self._rule is not None
        (self.request_edits if self._answer is None else self.answer_edits).append((self._rule, edit))

    def shape(self, shaper: Shaper, *, chunked: bool = False) -> None:
        """As Exchange.shape."""
        assert self._rule is not None
        self.shapers.append((self._rule, shaper))
        self.chunked = self.chunked or chunked

    def _end(self, ending: Ending) -> None:
        self.ending = ending
        self._count()

    def _count(self) -> None:
        assert self._rule is not None
        self.count(self._rule)

    def count(self, rule: "ActiveRule") -> None:
        """The rule has done something to this exchange; more than once still counts once."""
        if rule not in self._counted:
            self._counted.append(rule)
            rule.applied += 1

    # ── the two moments ─────────────────────────────────────────────────────────────────────────────────────────

    def run(self, chosen: list[tuple["ActiveRule", float]]) -> None:
        """Let each chosen rule, with its strength, see the request; the first that ends it is the last to see it."""
        for rule, strength in chosen:
            self._rule, self.strength = rule, strength
            if rule.sees_requests:
                rule.does.on_request(self, rule.memory)
                if self.ending is not None:
                    return
            if rule.sees_answers:
                self.answer_rules.append((rule, strength))

    def run_answer(self, answer: Answer) -> None:
        """Let each chosen rule see the head of the answer."""
        self._answer = answer
        self.wait_s = 0.0
        for rule, strength in self.answer_rules:
            self._rule, self.strength = rule, strength
            rule.does.on_answer(self, answer, rule.memory)
            if self.ending is not None:
                return

    def edit_request(self, request: HeldRequest) -> None:
        """Make of the request what the rules want to go to the callee."""
        if not self._headers_set and not self.request_edits:
            return
        head = request.head
        assert request.parts is not None
        body = request.parts[1:]
        if self._headers_set:
            head.headers = self.headers
        if self.request_edits and request.complete:
            whole = b"".join(body)
            edited = self._edited(self.request_edits, ChunkedBody().feed(whole)[0] if head.chunked else whole)
            if edited is not None:
                head.chunked = False
                head.headers = sized(head.headers, len(edited))
                body = [edited]
        request.replace([head.wire(), *body])

    def answer_body(self, body: bytes) -> bytes | None:
        """The answer's body after all edits; None when they left it as it is."""
        return self._edited(self.answer_edits, body)

    def _edited(self, edits: list[tuple["ActiveRule", Edit]], body: bytes) -> bytes | None:
        changed = False
        for rule, edit in edits:
            new = edit(body)
            if new is not None and new != body:
                body, changed = new, True
                self.count(rule)
        return body if changed else None
