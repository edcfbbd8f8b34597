from engine.transport.rate import Rate


def test_the_rate_lets_a_burst_through_and_then_so_many_a_second() -> None:
    rate = Rate(10, now=0.0)
    assert [rate.allows(0.0) for _ in range(11)] == [True] * 10 + [False]
    assert [rate.allows(0.25) for _ in range(3)] == [True, True, False]
    assert [rate.allows(100.0) for _ in range(11)] == [True] * 10 + [False]
