"""Numbers in plain words: how big, against what, getting better or worse.

Words are chosen carefully. Of fewer than 20 requests nothing is said but how many they were; a difference that chance
explains is none; a trend needs both halves of the window to carry enough requests.
"""

import math
from dataclasses import dataclass

from lab.core import words
from lab.core.quantities import say_ms, say_share
from lab.telemetry.model import Business, Red

FEW_REQUESTS = 20
_NOTABLE = 1.5  # times the baseline from which a difference is worth a word
_STEADY = 1.25  # halves closer than this count as equal
_LEAST_ERRORS = 0.005
_LEAST_MS = 20.0
_NUMBERS = ("", "", "twice", "three times", "four times", "five times", "six times", "seven times", "eight times")


def red_verdict(now: Red, baseline: Red | None = None, earlier: Red | None = None, later: Red | None = None) -> str:
    """`errors 12 %, three times the baseline, getting worse`; `as in the baseline` when nothing stands out.

    `earlier` and `later` are the two halves of the window and give the trend.
    """
    if now.requests == 0:
        if baseline is not None and baseline.requests >= FEW_REQUESTS:
            return "no requests at all; the baseline had some"
        return "no requests"
    if now.requests < FEW_REQUESTS:
        failed = f", {now.errors} failed" if now.errors else ", none failed"
        return f"only {now.requests} request{'s' if now.requests > 1 else ''}{failed}: too few to judge"
    found = findings(now, baseline, earlier, later)
    said = [text for text in (found.errors, found.duration, found.traffic) if text]
    if said:
        return "; ".join(said)
    if _usable(baseline) is not None:
        return "as in the baseline"
    return f"errors {say_share(now.error_share)}, p95 {say_ms(now.p95_ms)}, no baseline to compare with"


@dataclass(frozen=True, slots=True)
class Findings:
    """What stands out in each of the three numbers; empty where nothing does, or where there are too few requests."""

    traffic: str = ""
    errors: str = ""
    duration: str = ""


def findings(now: Red, baseline: Red | None = None, earlier: Red | None = None, later: Red | None = None) -> Findings:
    """What stands out, with how it compares and which way it goes: the parts that `red_verdict` joins."""
    if now.requests < FEW_REQUESTS:
        return Findings()
    usable = _usable(baseline)
    errors = duration = ""
    if _errors_stand_out(now, usable):
        trend = _trend(earlier, later, "error_share")
        errors = _join(f"errors {say_share(now.error_share)}", _error_times(now, usable), trend)
    if _slowness_stands_out(now, usable):
        trend = _trend(earlier, later, "p95_ms")
        times = times_in_words(now.p95_ms / usable.p95_ms) if usable else ""
        duration = _join(f"p95 {say_ms(now.p95_ms)}", f"{times} the baseline" if times else "", trend)
    return Findings(_traffic(now, usable), errors, duration)


def health(now: Red, baseline: Red | None = None) -> str:
    """`failing`, `slow` or `usual`; `few` below 20 requests, `quiet` without any."""
    if now.requests < FEW_REQUESTS:
        return "few" if now.requests else "quiet"
    if _errors_stand_out(now, _usable(baseline)):
        return "failing"
    return "slow" if _slowness_stands_out(now, _usable(baseline)) else "usual"


def _usable(baseline: Red | None) -> Red | None:
    return baseline if baseline is not None and baseline.requests >= FEW_REQUESTS else None


def business_verdict(now: Business, baseline: Business | None = None) -> str:
    """`41 of 300 orders lost (14 %), 23 customers affected, revenue half of the baseline`."""
    if now.attempts == 0:
        tried = baseline is not None and baseline.attempts > 0
        return "nobody tried to order; in the baseline people did" if tried else "nobody tried to order"
    parts = []
    usual = baseline.lost / baseline.attempts if baseline is not None and baseline.attempts else 0.0
    if now.lost:
        share = min(1.0, now.lost / now.attempts)
        text = f"{now.lost} of {words.plural(now.attempts, 'order')} lost ({say_share(share)})"
        if usual > 0 and now.attempts >= FEW_REQUESTS and share <= usual * _NOTABLE:
            text += ", as in the baseline"
        parts.append(text)
        if now.customers_affected:
            parts.append(f"{words.plural(now.customers_affected, 'customer')} affected")
    if now.pending and now.oldest_pending_s >= 2:
        orders = "order waits" if now.pending == 1 else "orders wait"
        parts.append(f"{now.pending} {orders} for payment, the oldest for {words.duration(now.oldest_pending_s)}")
    if baseline is not None and baseline.revenue_per_min > 0:
        ratio = now.revenue_per_min / baseline.revenue_per_min
        if now.attempts >= FEW_REQUESTS and (ratio <= 0.8 or ratio >= 1.25):
            parts.append("no revenue" if ratio <= 0.005 else f"revenue {_part_in_words(ratio)} the baseline")
    if parts:
        return ", ".join(parts)
    return "no order lost" + (", as in the baseline" if baseline is not None and not baseline.lost else "")


def times_in_words(ratio: float) -> str:
    """3.1 as `three times`, 12.4 as `12 times`, 1.6 as `one and a half times`; empty below 1.5."""
    if not math.isfinite(ratio) or ratio < _NOTABLE:
        return ""
    if ratio < 1.75:
        return "one and a half times"
    if ratio >= 100:
        return "more than 100 times"
    rounded = round(ratio)
    return _NUMBERS[rounded] if rounded < len(_NUMBERS) else f"{rounded} times"


def _part_in_words(ratio: float) -> str:
    for part, word in ((0.1, "a tenth of"), (0.25, "a quarter of"), (1 / 3, "a third of"), (0.5, "half of")):
        if abs(ratio - part) <= part * 0.15:
            return word
    return f"{times_in_words(ratio)}" if ratio >= _NOTABLE else f"{ratio * 100:.0f} % of"


def _error_times(now: Red, baseline: Red | None) -> str:
    if baseline is None:
        return ""
    if baseline.errors == 0:
        return "none in the baseline"
    times = times_in_words(now.error_share / baseline.error_share)
    return f"{times} the baseline" if times else ""


def _errors_stand_out(now: Red, baseline: Red | None) -> bool:
    """More errors than half a percent and than chance around the baseline's share explains (three deviations)."""
    if now.errors == 0 or now.error_share < _LEAST_ERRORS:
        return False
    if baseline is None:
        return now.errors >= 3
    usual = baseline.error_share
    spread = math.sqrt(max(usual, 1 / baseline.requests) / now.requests)
    return now.error_share > max(usual * _NOTABLE, usual + 3 * spread)


def _slowness_stands_out(now: Red, baseline: Red | None) -> bool:
    return baseline is not None and now.p95_ms > baseline.p95_ms * _NOTABLE and now.p95_ms - baseline.p95_ms > _LEAST_MS


def _traffic(now: Red, baseline: Red | None) -> str:
    if baseline is None or baseline.rate_rps <= 0:
        return ""
    ratio = now.rate_rps / baseline.rate_rps
    if ratio >= 2:
        return f"traffic {times_in_words(ratio)} the baseline"
    return f"traffic down to {ratio * 100:.0f} % of the baseline" if ratio <= 0.5 else ""


def _trend(earlier: Red | None, later: Red | None, measure: str) -> str:
    if earlier is None or later is None or min(earlier.requests, later.requests) < FEW_REQUESTS:
        return ""
    before, after = getattr(earlier, measure), getattr(later, measure)
    if measure == "error_share":
        spread = math.sqrt(max(before, after, 1 / later.requests) / min(earlier.requests, later.requests))
        if abs(after - before) <= 2 * spread:
            return "steady"
    elif (
        before > 0 and after > 0 and abs(math.log(after / before)) <= 2 * math.hypot(_scatter(earlier), _scatter(later))
    ):
        return "steady"
    if before == after or max(before, after) <= min(before, after) * _STEADY:
        return "steady"
    return "getting worse" if after > before else "getting better"


def _scatter(red: Red) -> float:
    """The standard error of ln p95 by chance alone.

    That of a sample quantile is √(q(1-q)/n) / f(x_q) (Cramér 1946, 28.5). For a log-normal f at 95 % it is 2.11 σ/√n; σ
    is read off how far the median, p95 and p99 lie apart, and the larger one counts, as waiting times have long tails.
    """
    if not 0 < red.p50_ms <= red.p95_ms <= red.p99_ms:
        return 0.0
    sigma = max(math.log(red.p95_ms / red.p50_ms) / 1.645, math.log(red.p99_ms / red.p95_ms) / 0.681)
    return 2.11 * sigma / math.sqrt(red.requests)


def _join(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
