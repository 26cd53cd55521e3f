"""The heat map counts every request once, in the step in which it ended and the range of its duration."""

from fakes_telemetry import T0, request
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.clock import ManualClock
from lab.core.window import Window
from lab.telemetry import Scope, Store, Telemetry
from lab.telemetry.heat import BOUNDS_MS


def test_a_request_at_a_bound_counts_above_it(store: Store, telemetry: Telemetry) -> None:
    store.add_spans([request(at=1, ms=0.2), request(at=1, ms=10), request(at=1, ms=99_000)])
    found = telemetry.heatmap(Scope(service="orders"), Window(T0, T0 + 200), 200)
    (counts,) = found.counts
    places = [place for place, count in enumerate(counts) if count]
    assert places == [0, BOUNDS_MS.index(10) + 1, len(BOUNDS_MS)]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 50), st.floats(0, 9000)), max_size=40))
def test_every_request_of_the_window_is_counted_once(
    tmp_path_factory: object, requests: list[tuple[float, float]]
) -> None:
    store = Store(tmp_path_factory.mktemp("heat") / "t.db", clock=ManualClock(T0 + 100))  # type: ignore[attr-defined]
    store.add_spans([request(at=at, ms=ms) for at, ms in requests])
    window = Window(T0 + 3, T0 + 47)
    scope = Scope(service="orders")
    found = Telemetry(store).heatmap(scope, window, 5)
    assert sum(map(sum, found.counts)) == Telemetry(store).red(scope, window).requests
    assert {len(counts) for counts in found.counts} == {len(found.bounds_ms) + 1}
    store.close()
