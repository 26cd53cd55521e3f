"""The simulated customers of the shop. Needs only locust: an exported locustfile carries this very text."""

import heapq
import itertools
import json
import random
import time
import uuid
from typing import Any, ClassVar
from urllib.parse import quote

import gevent
from geventhttpclient import HTTPClient
from locust import FastHttpUser, LoadTestShape, task
from locust.exception import StopUser

COUPONS = ("WELCOME10", "BEANS5")
RARE_COUPON = "OPENING25"
ON_SALE = "/api/v1/products?available=true&limit=100"
WORDS = ("espresso", "decaf", "ethiopia", "dark", "house")
IDLE_S = 3.0  # servers close idle connections after about 5 s; a POST sent just then would fail without reason


class Plan:
    """What all customers of this process share: the profile, the products they know, who is in."""

    def __init__(self, profile: dict[str, Any]) -> None:
        self.seed: int = profile["seed"]
        self.pace_s: float = profile["pace_s"]
        self.mix: dict[str, float] = profile["mix"]
        self.keys: list[str] = [key["key"] for key in profile["keys"]]
        self.timeout_s: float = profile["timeout_s"]
        self.products: list[str] = list(profile.get("products", ()))
        self.unfinished = 0
        self.run = uuid.uuid4().hex[:8]  # so that two runs of one seed never repeat an idempotency key
        self.checkouts = itertools.count(1)  # nor do customers who leave and come back to the same seat
        self._seats: list[int] = []
        self._next = 0

    def take_seat(self) -> int:
        """The lowest free customer number, so that the same few customers come back."""
        if self._seats:
            return heapq.heappop(self._seats)
        self._next += 1
        return self._next

    def leave_seat(self, number: int) -> None:
        """The customer has gone."""
        heapq.heappush(self._seats, number)

    def deck(self, rng: random.Random) -> list[str]:
        """One round of tasks in the mix's proportions, shuffled: short runs keep the mix too."""
        total = sum(self.mix.values())
        whole = all(float(weight).is_integer() for weight in self.mix.values()) and total <= 60
        size = total if whole else 60
        cards = []
        for name, weight in self.mix.items():
            share, rest = divmod(weight * size / total, 1)
            cards += [name] * (int(share) + (rest > 0 and rng.random() < rest))  # what is rare is in some rounds
        rng.shuffle(cards)
        return cards

    def learn_products(self, host: str, within_s: float) -> bool:
        """Ask the shop what it sells, again and again until it answers; False when time is up."""
        deadline = time.monotonic() + within_s
        while True:
            try:
                client = HTTPClient.from_url(host, connection_timeout=2, network_timeout=5)
                answer = client.get(ON_SALE, headers={"X-API-Key": self.keys[0]})
                self.products = product_ids(json.loads(answer.read())) if answer.status_code == 200 else []
                client.close()
            except (OSError, ValueError):  # not up yet, or something else answers there
                self.products = []
            if self.products:
                return True
            if time.monotonic() > deadline:
                return False
            gevent.sleep(0.05)


def product_ids(body: Any) -> list[str]:
    """The ids in a page of products, whatever the page calls its list."""
    rows = body
    if isinstance(body, dict):
        rows = next((value for value in body.values() if isinstance(value, list)), [])
    return [str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row]


class Customer(FastHttpUser):  # type: ignore[misc]  # locust's classes are untyped to mypy here
    """One customer: buys, browses, looks things up, searches, at a steady pace and never in lockstep."""

    abstract = True
    plan: ClassVar[Plan]
    concurrency = 1
    connection_timeout = 5.0

    def __init__(self, environment: Any) -> None:
        self.network_timeout = self.plan.timeout_s
        super().__init__(environment)
        self.number = self.plan.take_seat()
        seed = f"{self.plan.seed}:{self.number}"
        self.rng = random.Random(seed)
        self.pace_rng = random.Random(f"{seed}:pace")
        self.headers = {
            "X-API-Key": self.plan.keys[self.number % len(self.plan.keys)],
            "Customer-Id": f"c-{self.number}",
            "User-Agent": "storefront",
            "Accept": "application/json",
        }
        self.orders: list[str] = []
        self.email = f"customer{self.number}@example.com"
        self.cards: list[str] = []
        self.cards_of: dict[str, float] = {}
        self.leaving = False
        self.due: float | None = None
        self.last_at = time.perf_counter()

    def on_stop(self) -> None:
        """Free the number for the next customer."""
        self.plan.leave_seat(self.number)

    def wait_time(self) -> float:
        """Until the next action is due: a pace kept from start to start, spread at random."""
        now = time.perf_counter()
        pace = self.plan.pace_s
        if self.due is None:
            self.due = now + self.pace_rng.random() * pace
        else:
            self.due = max(now, self.due + pace * self.pace_rng.uniform(0.8, 1.2))
        return self.due - now

    def stop(self, force: bool = False) -> bool:
        """Asked to leave; nothing new is begun, even if the next action falls due right now."""
        self.leaving = True
        return bool(super().stop(force))

    @task  # type: ignore[untyped-decorator]  # as above
    def act(self) -> None:
        """The next thing this customer does; the first call only sits down, to begin at its own moment."""
        if self.leaving:
            raise StopUser
        if self.due is None:
            return
        if not self.cards or self.cards_of is not self.plan.mix:
            self.cards, self.cards_of = self.plan.deck(self.rng), self.plan.mix
        getattr(self, self.cards.pop())()

    def checkout(self) -> None:
        """Buy one to three products."""
        rng = self.rng
        chosen = rng.sample(self.plan.products, k=min(rng.randint(1, 3), len(self.plan.products)))
        order: dict[str, Any] = {
            "items": [{"product_id": product, "quantity": rng.randint(1, 2)} for product in chosen],
            "customer": {"email": f"customer{self.number}@example.com", "name": f"Customer {self.number}"},
        }
        if rng.random() < 0.1:
            order["coupon"] = rng.choice(COUPONS)
        key = {"Idempotency-Key": f"{self.plan.run}-{next(self.plan.checkouts)}"}
        body = self.send("POST", "/api/v1/orders", json=order, headers=key)
        if isinstance(body, dict) and "id" in body:
            self.orders = [*self.orders[-4:], str(body["id"])]
            if isinstance(buyer := body.get("customer"), dict):  # a number that the shop knows has its own address
                self.email = str(buyer.get("email", self.email))

    def browse(self) -> None:
        """Look at the shelf or at one product."""
        if self.rng.random() < 0.5:
            self.send("GET", "/api/v1/products")
        else:
            product = self.rng.choice(self.plan.products)
            self.send("GET", f"/api/v1/products/{product}", name="/api/v1/products/{product_id}")

    def track(self) -> None:
        """Look up one of the own orders; without any, browse."""
        if self.orders:
            order = self.rng.choice(self.orders)
            self.send("GET", f"/api/v1/orders/{order}", name="/api/v1/orders/{order_id}")
        else:
            self.browse()

    def search(self) -> None:
        """Search the shelf, or the orders placed so far."""
        if self.rng.random() < 0.5:
            self.send("GET", f"/api/v1/products?q={self.rng.choice(WORDS)}", name="/api/v1/products?q=")
        else:
            query = f"/api/v1/orders?customer_email={quote(self.email, safe='@')}&limit=5"
            self.send("GET", query, name="/api/v1/orders?customer_email=")

    def lookup(self) -> None:
        """Find the orders of a coupon that few customers have, as customer care does."""
        self.send("GET", f"/api/v1/orders?coupon={RARE_COUPON}&limit=50", name="/api/v1/orders?coupon=")

    def send(self, method: str, path: str, name: str | None = None, **options: Any) -> Any:
        """One request; its JSON when it succeeded, else None. Locust counts it either way."""
        now = time.perf_counter()
        if now - self.last_at > IDLE_S:
            self.client.client.close()
        headers = {**self.headers, **options.pop("headers", {})}
        try:
            answer = self.client.request(method, path, name=name or path, headers=headers, **options)
        except gevent.GreenletExit:
            self.plan.unfinished += 1
            raise
        self.last_at = time.perf_counter()
        if not 200 <= answer.status_code < 300:
            return None
        try:
            return json.loads(answer.content)
        except ValueError:
            return None


class Stages(LoadTestShape):  # type: ignore[misc]  # locust's classes are untyped to mypy here
    """So many users for so many seconds, stage after stage."""

    abstract = True
    stages: ClassVar[list[dict[str, float]]] = []

    def tick(self) -> tuple[int, float] | None:
        """How many users now, all of them at once; None when the last stage is over."""
        left = self.get_run_time()
        for stage in self.stages:
            if left < stage["for_s"]:
                return int(stage["users"]), max(1.0, float(stage["users"]))
            left -= stage["for_s"]
        return None
