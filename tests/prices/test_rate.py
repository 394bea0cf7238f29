from support.sleeper import Clock

from backtest.prices.providers._rate import RateLimiter


def test_a_burst_then_an_even_pace() -> None:
    clock = Clock(100.0)
    limiter = RateLimiter(2.0, 3, clock.time, clock.sleep)
    for _ in range(6):
        limiter.wait()
    assert clock.slept == [0.5, 0.5, 0.5]
    assert clock.now == 101.5


def test_a_pause_fills_the_burst_again_but_no_more() -> None:
    clock = Clock(100.0)
    limiter = RateLimiter(1.0, 2, clock.time, clock.sleep)
    limiter.wait()
    clock.now += 3600
    for _ in range(3):
        limiter.wait()
    assert clock.slept == [1.0]


def test_no_more_than_the_rate_over_a_long_time() -> None:
    clock = Clock(100.0)
    limiter = RateLimiter(0.5, 5, clock.time, clock.sleep)
    for _ in range(105):
        limiter.wait()
        clock.now += 0.7  # what a request takes
    assert clock.now - 100.0 >= 100 / 0.5
