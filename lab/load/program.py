"""The program behind `python -m lab.load`: one Locust environment, told what to do by lines on stdin."""

import json
import logging
import os
import signal
import stat
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gevent
import gevent.os
from gevent.event import Event
from locust.env import Environment
from locust.stats import RequestStats

from lab.core.errors import EnvironmentLacks, LabError, UsageError
from lab.load.profile import Profile, check_mix, check_pace, check_users
from lab.load.report import Files
from lab.load.tally import Tally
from lab.load.users import Customer, Plan, Stages

GATEWAY_WITHIN_S = 30.0
FORGET_S = 600.0  # background traffic runs for hours: Locust's own tables start afresh this often
STOP_WITHIN_S = 0.5


def say(message: dict[str, Any]) -> None:
    """One JSON line to whoever started us; their end of the pipe being gone means the end."""
    try:
        os.write(1, json.dumps(message, separators=(",", ":")).encode() + b"\n")
    except OSError:
        os._exit(0)


class Program:
    """The customers of one profile from the first to the last."""

    def __init__(self, profile: Profile, rest: bytes) -> None:
        logging.getLogger().setLevel(logging.ERROR)
        self.profile = profile
        self.rest = rest
        self.over = Event()
        self.plan = Plan(asdict(profile))
        customer = type("Shopper", (Customer,), {"plan": self.plan, "host": profile.host})
        self.environment = Environment(user_classes=[customer], host=profile.host, stop_timeout=profile.drain_s)
        if profile.out is None:
            self.environment.stats = RequestStats(use_response_times_cache=False)
        self.runner = self.environment.create_local_runner()
        self.tally = Tally(keep=profile.stages is not None)
        self.environment.events.request.add_listener(self._record)
        self.users = profile.users

    def run(self) -> int:
        """Until told to stop or the stages are over; the exit code."""
        gevent.signal_handler(signal.SIGTERM, self.over.set)
        gevent.signal_handler(signal.SIGINT, self.over.set)
        gevent.get_hub().NOT_ERROR += (LabError,)  # told to people by main(), not as a traceback
        gevent.spawn(self._listen)
        if not self.plan.products:
            learning = gevent.spawn(self.plan.learn_products, self.profile.host, GATEWAY_WITHIN_S)
            gevent.wait([learning, self.over], count=1)
            if self.over.is_set():
                return 0
            if not learning.get():
                raise EnvironmentLacks(
                    f"The shop at {self.profile.host} did not list its products within {GATEWAY_WITHIN_S:.0f} s.",
                    "Check that the gateway is up and that the API key is one it knows.",
                )
        self.tally.started_at = time.time()
        work = gevent.spawn(self._stages if self.profile.stages else self._background)
        say({"ready": True, "pid": os.getpid(), "products": self.plan.products})
        gevent.spawn(self._samples)
        gevent.wait([work, self.over], count=1)
        if not self.over.is_set():
            work.get()  # raises what went wrong in it
        self._leave()
        return 0

    def _background(self) -> None:
        self._resize(self.users)
        while True:
            gevent.sleep(FORGET_S)
            self.environment.stats.reset_all()

    def _stages(self) -> None:
        shape = type("Run", (Stages,), {"stages": [asdict(stage) for stage in self.profile.stages or ()]})()
        files = self._files()
        shape.reset_time()
        last = None
        # Locust's own shape worker looks once a second; stages here may be shorter than that.
        while (now := shape.tick()) is not None:
            if now != last:
                self.tally.begin_stage(now[0])
                self._resize(now[0])
                last = now
            gevent.sleep(0.02)
        self.tally.end()
        self.runner.stop()
        results = self.tally.results(self.plan.unfinished)
        try:
            paths = files.finish(results) if files else {}
        except OSError as error:
            raise self._cannot_write(error) from error
        say({"done": True, "stats": results, "files": paths})

    def _files(self) -> Files | None:
        if self.profile.out is None:
            return None
        try:
            return Files(self.environment, Path(self.profile.out))
        except OSError as error:
            raise self._cannot_write(error) from error

    def _cannot_write(self, error: OSError) -> EnvironmentLacks:
        return EnvironmentLacks(
            f"The load test's files cannot be written to {self.profile.out}: {error.strerror}.",
            "Free some space there or check the directory's permissions, then run the load test again.",
        )

    def _resize(self, users: int) -> None:
        self.users = users
        self.runner.start(users, spawn_rate=max(1, users, self.runner.user_count))

    def _samples(self) -> None:
        while True:
            gevent.sleep(1)
            say(self.tally.sample(self.runner.user_count))

    def _record(self, **request: Any) -> None:
        failed = request["exception"] is not None
        status = request["response"].status_code if request["response"] is not None else 0
        self.tally.record(
            f"{request['request_type']} {request['name']}",
            request["response_time"],
            str(status) if status else "no answer",
            failed,
        )

    def _listen(self) -> None:
        buffer = self.rest
        waits = stat.S_ISFIFO(os.fstat(0).st_mode) or stat.S_ISSOCK(os.fstat(0).st_mode)
        if waits:
            os.set_blocking(0, False)
        read = gevent.os.nb_read if waits else gevent.os.tp_read
        while True:
            *lines, buffer = buffer.split(b"\n")
            for line in filter(None, map(bytes.strip, lines)):
                self._obey(line)
            chunk = read(0, 65536)
            if not chunk:
                self.over.set()
                return
            buffer += chunk

    def _obey(self, line: bytes) -> None:
        try:
            order = json.loads(line)
            if order.get("stop"):
                self.over.set()
                return
            if "pace_s" in order:
                self.plan.pace_s = check_pace(order["pace_s"])
            if "mix" in order:
                self.plan.mix = check_mix(order["mix"])
            if "users" in order:
                self._resize(check_users(order["users"]))
        except (ValueError, AttributeError):
            say(refusal(UsageError(f"This is not an order: {line[:80]!r}.", 'Send one like {"users": 48}.')))
        except LabError as error:
            say(refusal(error))

    def _leave(self) -> None:
        """Within a second, whatever the customers are waiting for."""
        gevent.spawn_later(STOP_WITHIN_S, os._exit, 0)
        self.environment.stop_timeout = STOP_WITHIN_S / 2
        self.runner.quit()


def refusal(error: LabError) -> dict[str, Any]:
    """An error as a line on stdout."""
    return {"error": {"what": error.what, "hint": error.hint, "kind": type(error).__name__}}
