"""What can be changed about the gateway: live settings, and its environment."""

from pathlib import Path

from pydantic import Field

from services.chassis import Boot, Service, ServiceSettings, setting


class Settings(ServiceSettings):
    """Live settings; the same list as in service.toml."""

    rate_limit_enabled: bool = setting(True, "Whether each API key has its own rate limit.")
    default_rate_rps: float = setting(
        50.0, "Requests a second an API key may send if its own entry states no rate.", unit="requests/s", gt=0
    )
    default_burst: int = setting(
        100, "Requests an API key may send at once if its own entry states no burst.", unit="requests", ge=1
    )
    rate_factor: float = setting(1.0, "Multiplies every key's rate and burst.", gt=0)
    max_in_flight: int = setting(
        500, "Requests answered at the same time; above it the gateway answers 503.", unit="requests", ge=1
    )
    max_body_kb: int = setting(256, "Largest request body; above it the gateway answers 413.", unit="kB", ge=1)
    body_timeout_ms: float = setting(
        10_000.0, "How long a request's body may take to arrive; then the gateway answers 408.", unit="ms", gt=0
    )
    timeout_ms: float = setting(5000.0, "How long one call to orders may take.", unit="ms", gt=0)
    pool_size: int = setting(100, "Connections to orders in use at the same time.", unit="connections", ge=1)
    pool_timeout_ms: float = setting(1000.0, "How long a call may wait for a connection.", unit="ms", gt=0)
    retries: int = setting(1, "How often a failed call to orders is sent again.", unit="attempts", ge=0, le=10)
    retry_writes: bool = setting(False, "Whether POST requests are sent again too; otherwise only GET.")
    respect_retry_after: bool = setting(
        True, "Whether an answer that says Retry-After goes to the caller instead of being tried again."
    )
    retry_budget: float = setting(
        0.0, "Retries allowed for each call, e.g. 0.1 is one for every ten calls; 0 means any number.", ge=0
    )
    backoff_ms: float = setting(
        100.0, "Pause before the first retry; it doubles with each further one.", unit="ms", ge=0
    )
    jitter: float = setting(0.5, "How far the pause varies up and down, as a share of itself.", ge=0, le=1)
    jitter_seed: int = setting(1, "Seed of the variation of pauses.")
    breaker_enabled: bool = setting(True, "Whether calls to orders stop for a while when too many fail.")
    breaker_failure_share: float = setting(
        0.8, "Share of failed calls in the last ten seconds at which the breaker opens.", gt=0, le=1
    )
    breaker_min_calls: int = setting(
        50, "Calls in the last ten seconds below which the breaker never opens.", unit="calls", ge=1
    )
    breaker_open_s: float = setting(5.0, "How long an open breaker refuses before it tries one call.", unit="s", gt=0)
    cache_ttl_s: float = setting(
        0.0, "How long an answer about the catalogue may be served again; 0 means never.", unit="s", ge=0
    )


class Environment(Boot):
    """Environment variables: the chassis's, `ORDERS_URL` and `API_KEYS_FILE`."""

    orders_url: str = "http://127.0.0.1:8001"
    api_keys_file: Path | None = Field(None, description="JSON list of keys; without it two development keys")


Gateway = Service[Settings, Environment]
