"""What is told of a change: once, as the state that it has led to, in the order of marking."""

from engine.adapters.simulator.desk import Chosen, Endpoint
from engine.adapters.simulator.news import News
from protocol.platform import Party, Report, TypingChanged
from protocol.states import AgentState, ChannelType, PartyRole

READY, NOTREADY = Chosen(AgentState.READY), Chosen(AgentState.NOTREADY)


class Heard:
    def __init__(self, news: News) -> None:
        self.told: list[tuple[str, Report]] = []
        self.breaks = 0
        news.connect(self)

    def changed(self, agent: str, report: Report) -> None:
        self.told.append((agent, report))

    def broken(self) -> None:
        self.breaks += 1


def phone(address: str = "4001") -> Endpoint:
    place = Endpoint(address, ChannelType.TELEPHONY, "Phone")
    place.take("ada", NOTREADY, 0.0)
    return place


def test_however_many_steps_a_change_takes_it_is_told_once() -> None:
    news, place = News(), phone()
    heard = Heard(news)
    news.channel(place)
    place.set(READY, 1.0)
    news.channel(place)
    news.tell()
    assert heard.told == [("ada", place.seen_by("ada"))]


def test_a_change_that_leaves_everything_as_it_was_is_not_told() -> None:
    news, place = News(), phone()
    news.channel(place)
    news.tell()
    heard = Heard(news)
    place.set(READY, 1.0)
    place.set(NOTREADY, 2.0)
    news.channel(place)
    news.tell()
    assert heard.told == []


def test_what_an_agent_knows_is_forgotten_when_the_agent_has_nothing_there_any_longer() -> None:
    news, place = News(), phone()
    news.channel(place)
    news.tell()
    place.leave()
    news.channel(place, "ada")
    news.tell()
    assert place.told == {}


def test_what_comes_up_once_is_told_in_its_place() -> None:
    news, one, two = News(), phone("4001"), phone("4002")
    heard = Heard(news)
    eve = Party(id="eve", name="Eve", role=PartyRole.CUSTOMER)
    post = TypingChanged(endpoint="chat", interaction="i", id="p1", party=eve, typing=True)
    news.channel(one)
    news.post(post, "bob")
    news.channel(two)
    news.post(post, "bob")
    news.tell()
    told = [("ada", one.seen_by("ada")), ("bob", post), ("ada", two.seen_by("ada")), ("bob", post)]
    assert heard.told == told


def test_an_endpoint_where_nobody_is_has_nobody_to_tell() -> None:
    news, place = News(), phone()
    heard = Heard(news)
    place.leave()
    news.channel(place)
    news.tell()
    assert heard.told == []


def test_whoever_marks_something_rouses_who_wants_to_know() -> None:
    news = News()
    roused: list[str] = []
    news.marked = lambda: roused.append("roused")
    news.channel(phone())
    assert roused == ["roused"]


def test_all_lines_are_told_and_broken_those_that_are_gone_are_not() -> None:
    news, place = News(), phone()
    gone, there, also = Heard(news), Heard(news), Heard(news)
    news.disconnect(gone)
    news.channel(place)
    news.tell()
    news.lose()
    assert [(len(line.told), line.breaks) for line in (gone, there, also)] == [(0, 0), (1, 1), (1, 1)]
