"""An answer that rules have a say in: later, edited, cut short, or slower."""

from collections import deque
from time import monotonic
from typing import TYPE_CHECKING

from lab.proxy.endings import Disconnect
from lab.proxy.heads import AnswerHead, sized
from lab.proxy.held import EDIT_LIMIT
from lab.proxy.plan import Plan
from lab.rules.exchange import Answer, Cut, Pause, Piece, Raw

if TYPE_CHECKING:
    from lab.proxy.deadlines import Deadline, Deadlines
    from lab.proxy.exchange import Exchange


class _Head:
    """Stands in the queue for the answer's head."""


class _End:
    """Stands in the queue for the end of the answer, whatever kind of end."""


class ShapedAnswer:
    """A queue between the callee's answer and the caller; while it holds anything the callee is not read."""

    __slots__ = ("_deadline", "_deadlines", "_exchange", "_head", "_plan", "_queue", "_slow", "_whole")

    def __init__(self, exchange: "Exchange", plan: Plan, head: AnswerHead, deadlines: "Deadlines") -> None:
        self._exchange = exchange
        self._plan = plan
        self._head = head
        self._deadlines = deadlines
        self._deadline: Deadline | None = None
        self._queue: deque[Piece | _Head | _End] = deque()
        self._slow = False
        self._whole: list[bytes] | None = None
        """The body so far, while edits wait for all of it."""

    def begin(self) -> None:
        """Let the rules see the head."""
        head, plan = self._head, self._plan
        answer = Answer(head.status, head.headers, head.length, head.has_body and head.length != 0)
        plan.run_answer(answer)
        head.headers = answer.headers
        if plan.wait_s > 0:
            self._queue.append(Pause(plan.wait_s))
        if plan.ending is not None:
            self._queue.append(_End())
        elif plan.answer_edits and answer.has_body:
            self._whole = []
        else:
            self._queue_head()
        self._pump()

    def part(self, data: bytes, *, last: bool) -> None:
        """A part of the body has come."""
        if self._plan.ending is not None:
            return
        if self._whole is not None:
            self._whole.append(data)
            if not last and sum(map(len, self._whole)) <= EDIT_LIMIT:
                return
            data = self._edited(b"".join(self._whole), complete=last)
        if data or last:
            self._queue.extend(self._shaped(data, last))
        if last:
            self._queue.append(_End())
        self._pump()

    def _edited(self, body: bytes, *, complete: bool) -> bytes:
        self._whole = None
        edited = self._plan.answer_body(body) if complete else None
        if edited is not None:
            body = edited
            self._head.length = len(body)
            self._head.headers = sized(self._head.headers, len(body))
        self._queue_head()
        return body

    def _queue_head(self) -> None:
        head = self._head
        if self._plan.chunked and head.has_body:
            head.length = None
            head.headers = [field for field in head.headers if field[0].lower() != b"content-length"]
        self._queue.append(_Head())

    def _shaped(self, data: bytes, last: bool) -> list[Piece]:
        """The part after every shaper, each fed with what the one before it let out."""
        pieces: list[Piece] = [data] if data else []
        if not self._head.has_body:
            return pieces
        for rule, shaper in self._plan.shapers:
            before, pieces = pieces, []
            final = max((at for at, piece in enumerate(before) if isinstance(piece, bytes)), default=-1)
            for at, piece in enumerate(before):
                if isinstance(piece, bytes):
                    pieces.extend(out for out in shaper(piece, last and at == final) if out != b"")
                else:
                    pieces.append(piece)
            if last and final < 0 and not any(isinstance(piece, Cut) for piece in before):
                pieces.extend(out for out in shaper(b"", True) if out != b"")
            if pieces != before:
                self._plan.count(rule)
        return pieces

    def _pump(self) -> None:
        """Hand over what may go out now; whoever calls lets it out, head and body together."""
        exchange, queue = self._exchange, self._queue
        while queue and self._deadline is None and not self._slow:
            piece = queue.popleft()
            match piece:
                case bytes():
                    exchange.put(piece)
                case Raw(wire):
                    exchange.put_raw(wire)
                case Pause(seconds):
                    exchange.flush()
                    self._deadline = self._deadlines.at(monotonic() + seconds, self._go_on)
                case Cut(reset):
                    exchange.end(Disconnect(reset))
                    return
                case _Head():
                    exchange.begin_answer(self._head)
                case _End():
                    if self._plan.ending is not None:
                        exchange.end(self._plan.ending)
                    else:
                        exchange.finish()
                    return
        exchange.hold_callee(bool(queue) or self._slow)

    def _go_on(self) -> None:
        """Let out what had to wait, without a part of the answer coming that would."""
        self._deadline = None
        self._pump()
        self._exchange.flush()

    def caller_slow(self, slow: bool) -> None:
        """The caller does not take the answer as fast as it goes out, or does again."""
        self._slow = slow
        if slow:
            self._exchange.hold_callee(True)
        elif self._deadline is None:
            self._go_on()

    def close(self) -> None:
        """The exchange is over."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._queue.clear()
