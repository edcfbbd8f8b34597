import trio

from engine.transport.outbox import Outbox


async def test_what_waits_is_taken_in_order_up_to_the_size_of_a_batch() -> None:
    outbox = Outbox(bytes_at_most=100)
    for text in (b"aaaa", b"bbbb", b"cccc"):
        assert outbox.put(text)
    assert await outbox.take(bytes_at_most=8) == [b"aaaa", b"bbbb"]
    assert await outbox.take(bytes_at_most=0) == [b"cccc"]


async def test_a_message_that_does_not_fit_is_refused_until_room_is_made() -> None:
    outbox = Outbox(bytes_at_most=8)
    assert outbox.put(b"12345678")
    assert not outbox.put(b"9")
    assert len(outbox) == 1
    await outbox.take(bytes_at_most=0)
    assert outbox.put(b"9")


async def test_closing_lets_what_waits_out_and_takes_nothing_more() -> None:
    outbox = Outbox(bytes_at_most=100)
    outbox.put(b"a")
    outbox.close()
    assert outbox.put(b"b")
    assert await outbox.take(bytes_at_most=0) == [b"a"]
    assert await outbox.take(bytes_at_most=0) == []


async def test_the_taker_waits_for_news(autojump_clock: trio.testing.MockClock) -> None:
    outbox = Outbox(bytes_at_most=100)
    got: list[list[bytes]] = []

    async def take() -> None:
        got.append(await outbox.take(bytes_at_most=0))
        got.append(await outbox.take(bytes_at_most=0))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(take)
        await trio.testing.wait_all_tasks_blocked()
        assert got == []
        outbox.put(b"a")
        await trio.testing.wait_all_tasks_blocked()
        assert got == [[b"a"]]
        outbox.close()
    assert got == [[b"a"], []]


async def test_whoever_waits_for_room_waits_for_half_of_it(autojump_clock: trio.testing.MockClock) -> None:
    outbox = Outbox(bytes_at_most=8)
    outbox.put(b"12")
    ready: list[int] = []

    async def wait(size: int) -> None:
        await outbox.wait_for_room(size)
        ready.append(size)

    async with trio.open_nursery() as nursery:
        for size in (3, 4, 100):
            nursery.start_soon(wait, size)
        await trio.testing.wait_all_tasks_blocked()
        assert ready == []
        outbox.put(b"345")
        assert await outbox.take(bytes_at_most=0) == [b"12"]
        await trio.testing.wait_all_tasks_blocked()
        assert ready == []
        assert await outbox.take(bytes_at_most=0) == [b"345"]
    assert sorted(ready) == [3, 4, 100]


async def test_closing_frees_whoever_waits_for_room(autojump_clock: trio.testing.MockClock) -> None:
    outbox = Outbox(bytes_at_most=8)
    outbox.put(b"1234")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(outbox.wait_for_room, 4)
        await trio.testing.wait_all_tasks_blocked()
        outbox.close()


# Who wants to know when all is written


async def test_what_waits_is_told_of_when_it_is_written_and_not_before() -> None:
    outbox, told = Outbox(bytes_at_most=100), list[str]()
    outbox.when_written(lambda: told.append("nothing waits"))
    assert told == ["nothing waits"]
    for text in (b"a", b"b"):
        outbox.put(text)
    outbox.when_written(lambda: told.append("b"))
    outbox.put(b"c")
    outbox.when_written(lambda: told.append("c"))
    for expected in (["nothing waits"], ["nothing waits", "b"], ["nothing waits", "b", "c"]):
        assert len(await outbox.take(bytes_at_most=1)) == 1
        outbox.written(1)
        assert told == expected


async def test_what_is_never_written_is_told_of_as_well() -> None:
    outbox, told = Outbox(bytes_at_most=100), list[str]()
    outbox.put(b"a")
    outbox.when_written(lambda: told.append("a"))
    outbox.give_up()
    outbox.when_written(lambda: told.append("later"))
    assert told == ["a", "later"]


def test_what_is_given_up_is_not_kept() -> None:
    """Whoever is cut for not reading leaves a full outbox, in a circle of objects that the collector finds late."""
    outbox = Outbox(bytes_at_most=100)
    outbox.put(b"a")
    outbox.give_up()
    assert len(outbox) == 0
    assert outbox.put(b"b")
    assert len(outbox) == 0


async def test_a_batch_counts_as_many_messages() -> None:
    outbox, told = Outbox(bytes_at_most=100), list[str]()
    for text in (b"a", b"b"):
        outbox.put(text)
    assert len(await outbox.take(bytes_at_most=10)) == 2
    outbox.put(b"c")
    outbox.when_written(lambda: told.append("c"))
    outbox.written(2)
    assert told == []
    outbox.written(1)
    assert told == ["c"]
