"""What can be changed while the service runs, and what its environment says."""

from typing import Literal

from pydantic import Field

from services.chassis import Boot, Service, ServiceSettings, setting


class Settings(ServiceSettings):
    """The settings of `orders`; service.toml says the same."""

    payment_mode: Literal["sync", "outbox"] = setting(
        "sync", "sync pays while the customer waits; outbox accepts the order and pays it in the background."
    )
    partner_version: Literal["v1", "v2"] = setting("v1", "Which version of the partner's API payments use.")
    partner_v2_countries: str = setting(
        "",
        "Countries whose payments use version 2 already while partner_version is v1, as in DE,AT; empty: none.",
        pattern=r"^([A-Z]{2}(,[A-Z]{2})*)?$",
    )
    partner_timeout_ms: int = setting(5000, "How long one call to the partner may take.", unit="ms", ge=10, le=120_000)
    partner_retries: int = setting(
        0, "How many more times a failed call to the partner is made before the order fails.", ge=0, le=10
    )
    partner_retry_budget: float = setting(
        0.0,
        "Repeated calls allowed for each call, e.g. 0.1 is one for every ten calls; 0 means any number.",
        ge=0,
        le=10,
    )
    partner_backoff_ms: int = setting(
        100, "Pause before the first repeated call; it doubles each time.", unit="ms", ge=0, le=60_000
    )
    partner_retry_after_respected: bool = setting(
        False,
        "Wait as long as the partner's Retry-After asks before calling again, and not call again at all when that "
        "is longer than partner_timeout_ms.",
    )
    partner_pool_size: int = setting(
        50, "How many calls to the partner may be under way at once.", unit="connections", ge=1, le=1000
    )
    partner_pool_timeout_ms: int = setting(
        1000, "How long a call waits for a free connection to the partner.", unit="ms", ge=1, le=120_000
    )
    partner_max_rps: float = setting(
        0.0,
        "At most this many calls to the partner per second, evenly spaced; 0 means no limit. A call whose turn "
        "would come later than partner_timeout_ms is refused at once.",
        unit="requests/s",
        ge=0,
        le=10_000,
    )
    partner_amount_fields: str = setting(
        "amount",
        "Names of the amount in the partner's answers, as in amount,total; the first found counts.",
        pattern=r"^[a-z_]+(,[a-z_]+)*$",
    )
    strict_contract: bool = setting(
        False,
        "Refuse a partner's answer that lacks or contradicts what its documentation promises, instead of booking "
        "what can be read.",
    )
    payment_holds_connection: bool = setting(
        True, "Keep the database connection while waiting for the partner, instead of giving it back meanwhile."
    )
    outbox_rate_rps: float = setting(
        10.0, "How many payments per second the outbox makes at most.", unit="payments/s", gt=0, le=10_000
    )
    outbox_concurrency: int = setting(
        4, "How many payments of the outbox may be under way at once.", unit="payments", ge=1, le=200
    )
    outbox_max_attempts: int = setting(
        20, "After how many failed attempts the outbox gives an order up.", unit="attempts", ge=1, le=1000
    )
    db_pool_size: int = setting(10, "How many database connections there are.", unit="connections", ge=1, le=200)
    db_pool_timeout_ms: int = setting(
        2000, "How long a request waits for a free database connection.", unit="ms", ge=1, le=120_000
    )
    slow_query_ms: int = setting(
        200, "From which duration on a statement is logged and explained.", unit="ms", ge=1, le=60_000
    )
    coupon_search_enabled: bool = setting(True, "Orders can be searched by coupon code.")


class Environment(Boot):
    """Environment variables: the chassis's, and where database and partner are."""

    database_url: str = Field(
        "sqlite+aiosqlite:///beanline.db", description="sqlite+aiosqlite:///… or postgresql+psycopg://…"
    )
    partner_url: str = Field("http://127.0.0.1:8002", description="Address of the payment partner")
    partner_api_key: str = Field("pk_test_beanline", description="Our key at the payment partner")


Orders = Service[Settings, Environment]
