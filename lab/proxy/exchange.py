"""One request and its answer, on their way through an edge."""

import math
from time import monotonic
from typing import TYPE_CHECKING

from lab.proxy.bodies import LAST_CHUNK, chunk
from lab.proxy.endings import Disconnect, Ending, Silence, Substitute, plain
from lab.proxy.heads import AnswerHead, RequestHead
from lab.proxy.held import EDIT_LIMIT, REPLAY_LIMIT, HeldRequest

if TYPE_CHECKING:
    from lab.proxy.callee import CalleeConnection
    from lab.proxy.caller import CallerConnection
    from lab.proxy.deadlines import Deadline
    from lab.proxy.plan import Plan
    from lab.proxy.shaping import ShapedAnswer

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
IDEMPOTENT = frozenset({b"GET", b"HEAD", b"OPTIONS", b"PUT", b"DELETE"})  # may be sent twice: RFC 9110 §9.2.2


class Exchange:
    """Carries a request to the callee and its answer to the caller, both in parts, and keeps nothing afterwards.

    The rules it goes by are those of the moment it arrived.
    """

    __slots__ = (
        "_begun", "_callee", "_caller", "_chunked", "_deadline", "_edge", "_out", "_plan", "_shaped", "arrived_s",
        "head", "moved_s", "over", "request",
    )  # fmt: skip

    def __init__(self, caller: "CallerConnection", head: RequestHead, arrived_s: float) -> None:
        edge = caller.edge
        self.head = head
        self.arrived_s = arrived_s
        self.moved_s = arrived_s
        """When something last came from either side."""
        self.over = False
        self.request = HeldRequest(head)
        self._caller = caller
        self._edge = edge
        self._callee: CalleeConnection | None = None
        self._plan: Plan | None = None
        self._shaped: ShapedAnswer | None = None
        self._deadline: Deadline | None = None
        self._out: list[bytes] = []
        self._begun = False
        """Whether anything of the answer has been handed to the caller."""
        self._chunked = False
        edge.active += 1
        edge.counts.requests += 1

    @property
    def method(self) -> bytes:
        """The request's method."""
        return self.head.method

    def start(self) -> None:
        """Let the rules see the request, then send it on."""
        rules = self._edge.rules
        plan = None if rules is None else rules.plan(self.head, self.arrived_s, self._edge.active)
        if plan is None:
            self._forward()
            return
        self._plan = plan
        if plan.wait_s > 0:
            self._deadline = self._edge.deadlines.at(self.arrived_s + plan.wait_s, self._planned)
        else:
            self._planned()

    def _planned(self) -> None:
        """The wait is over: end as the rules say, or go on."""
        plan = self._plan
        assert plan is not None
        self._deadline = None
        # an answer before the request's end would cost the connection, an edit needs the whole body
        wants_all = bool(plan.request_edits) or isinstance(plan.ending, Substitute)
        if wants_all and not self.request.complete and not self.full and not (self.head.expects and plan.ending):
            plan.waits_for_request = True
            if self.head.expects:
                self._caller.write(CONTINUE)
            self._caller.read_on()
            return
        if plan.ending is not None:
            self.end(plan.ending)
        else:
            plan.edit_request(self.request)
            self._forward()

    # ── towards the callee ──────────────────────────────────────────────────────────────────────────────────────

    def request_part(self, data: bytes, *, last: bool) -> None:
        """A part of the request's body has come."""
        self.moved_s = max(self.moved_s, monotonic())
        framed = self.request.add(data, last=last)
        if self._callee is not None:
            self._callee.transport.write(framed)
            if self.request.longer_than(REPLAY_LIMIT):
                self.request.forget()
        elif self._plan is not None and self._plan.waits_for_request and (last or self.full):
            self._plan.waits_for_request = False
            self._planned()

    def malformed(self) -> None:
        """The request's body cannot be read."""
        self._caller.last = True
        self.end(Disconnect(reset=False) if self._begun else plain(400))

    @property
    def full(self) -> bool:
        """Whether no more of the request should be read for now."""
        limit = EDIT_LIMIT if self._plan is not None and self._plan.request_edits else REPLAY_LIMIT
        return self._callee is None and self.request.longer_than(limit)

    def _forward(self) -> None:
        connection = self._edge.pool.take()
        if connection is None:
            self._edge.pool.open(self)
        else:
            self.send_on(connection)

    def send_on(self, connection: "CalleeConnection") -> None:
        """Send what there is of the request over this connection."""
        self._callee = connection
        self.moved_s = monotonic()
        self._caller.read_on()
        connection.serve(self, self.request.wire())

    def callee_slow(self, slow: bool) -> None:
        """The callee does not take the request as fast as it comes, or does again."""
        if slow:
            self._caller.hold()
        else:
            self._caller.read_on()

    def unreachable(self, status: int) -> None:
        """There is no connection to the callee."""
        if not self.over:
            self._edge.counts.unreachable += 1
            self.end(plain(status))

    def callee_lost(self, *, retry: bool) -> None:
        """The callee's connection ended before the answer did."""
        self._callee = None
        if self.over:
            return
        if retry and self.method in IDEMPOTENT and self.request.parts is not None:
            # a kept connection that ended before an answer; the callee may have got the request all the same
            self._edge.counts.retried += 1
            self._edge.pool.open(self)
            return
        self._edge.counts.unreachable += 1
        self.end(Disconnect(reset=False) if self._begun else plain(502))

    # ── towards the caller ──────────────────────────────────────────────────────────────────────────────────────

    def interim(self, head: AnswerHead) -> None:
        """A 1xx answer."""
        if self.head.minor == 1 and not self.over and not self._begun:
            self._caller.write(self._head_bytes(head))

    def answer_begun(self, head: AnswerHead) -> None:
        """The head of the answer has come."""
        self.request.forget()
        self.moved_s = monotonic()
        plan = self._plan
        if plan is not None and plan.answer_rules:
            from lab.proxy.shaping import ShapedAnswer

            self._shaped = ShapedAnswer(self, plan, head, self._edge.deadlines)
            self._shaped.begin()
            return
        self.begin_answer(head)

    def begin_answer(self, head: AnswerHead) -> None:
        """Have the head ready to go out together with what follows."""
        self._begun = True
        self._edge.counts.answers[head.status] += 1
        self._out.append(self._head_bytes(head))

    def _head_bytes(self, head: AnswerHead) -> bytes:
        caller, minor = self._caller, self.head.minor
        endless = head.has_body and head.length is None
        self._chunked = endless and minor == 1
        if head.status >= 200 and (not self.request.complete or self._edge.draining or (endless and not self._chunked)):
            caller.last = True
        return head.wire(minor, chunked=self._chunked, last=caller.last)

    def answer_part(self, data: bytes) -> None:
        """A part of the answer's body has come."""
        self.moved_s = monotonic()
        if self._shaped is not None:
            self._shaped.part(data, last=False)
        else:
            self.put(data)

    def put(self, data: bytes) -> None:
        """Have a part of the body ready to go out, framed."""
        self._out.append(chunk(data) if self._chunked else data)

    def put_raw(self, wire: bytes) -> None:
        """Have bytes ready to go out as they are."""
        self._out.append(wire)

    def flush(self) -> None:
        """Let out what is ready."""
        if self._out and not self.over:
            out, self._out = self._out, []
            self._caller.write(out[0] if len(out) == 1 else b"".join(out))
            if self._caller.slow:
                self.hold_callee(True)

    def caller_slow(self, slow: bool) -> None:
        """The caller does not take the answer as fast as it comes, or does again."""
        if self._shaped is not None:
            self._shaped.caller_slow(slow)
        else:
            self.hold_callee(slow)

    def hold_callee(self, hold: bool) -> None:
        """Stop reading the answer for now, or go on."""
        if self._callee is not None:
            self._callee.hold(hold)

    def answer_complete(self) -> None:
        """The callee's answer is complete."""
        self._callee = None
        if self.over:
            return
        if self._shaped is not None:
            self._shaped.part(b"", last=True)
        else:
            self.finish()

    def finish(self) -> None:
        """The whole answer has been handed over: nothing more to do."""
        if self._chunked:
            self._out.append(LAST_CHUNK)
        self.flush()
        self._close()
        self._caller.exchange_over()

    def end(self, ending: Ending) -> None:
        """End in another way than with the callee's answer."""
        match ending:
            case Substitute(status, headers, body):
                length = b"%d" % len(body)
                fields = [*headers, (b"Content-Length", length)] if status not in (204, 304) else headers
                head = AnswerHead(status, None, fields, length=len(body), method=self.method)
                self.begin_answer(head)
                if body and head.has_body:
                    self.put(body)
                self.finish()
            case Disconnect(reset):
                self.flush()
                self._close()
                self._caller.disconnect(reset=reset)
            case Silence(seconds):
                self._let_go()
                self.moved_s = math.inf
                if seconds is not None:
                    due_s = monotonic() + seconds
                    self._deadline = self._edge.deadlines.at(due_s, lambda: self.end(Disconnect(reset=False)))

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────

    def caller_left(self) -> None:
        """The caller went away: nobody waits for the answer any more."""
        if not self.over:
            self._edge.counts.left += 1
            self._close()

    def sweep(self, now_s: float) -> None:
        """Give up on a callee, or on a request's body, that has been silent for too long."""
        timeouts = self._edge.timeouts
        silent_s = now_s - self.moved_s
        if not self.request.complete and not self._caller.held:
            if silent_s > timeouts.body:
                self._caller.last = True
                self.end(Disconnect(reset=False) if self._begun else plain(408))
        elif self._callee is not None and not self._callee.held and silent_s > timeouts.answer:
            self.end(Disconnect(reset=False) if self._begun else plain(504))

    def _let_go(self) -> None:
        callee, self._callee = self._callee, None
        if callee is not None:
            callee.drop()
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _close(self) -> None:
        self.over = True
        self._edge.active -= 1
        self._let_go()
        if self._shaped is not None:
            self._shaped.close()
        self._plan = self._shaped = None
