"""What only commands about interactions and conversations are sent with: specs/contacts.md, "Commands"."""

from typing import Any

import pytest

from protocol.commands import NewAttachment, NewFile, NewForm, NewSignal, Reply, SetData, TransferMedia
from protocol.messages import BadRequest, Request
from protocol.wire import read_frame, read_request


def read(command: str, data: dict[str, Any]) -> Any:
    """The data of a request that is taken, or the message of the refusal."""
    found = read_request({"command": command, "target": "s1.c1.i1", "data": data})
    return found.message if isinstance(found, BadRequest) else found.data


# Attached data: a text, or one level of texts by name, by key; null removes


def test_attached_data_are_texts_or_one_level_of_texts_and_null_removes() -> None:
    data = {"order": "A-1007", "empty": "", "customer": {"name": "Zoë", "": ""}, "none": {}, "note": None}
    assert read("interaction.setdata", {"interactiondata": data}) == SetData(interactiondata=data)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (5, "['order']: expected text, an object or null, got a number"),
        (1.5, "['order']: expected text, an object or null, got a number"),
        (True, "['order']: expected text, an object or null, got a boolean"),
        ([], "['order']: expected text, an object or null, got an array"),
        (["A-1007"], "['order']: expected text, an object or null, got an array"),
        ({"lines": 2}, "['order']['lines']: expected text, got a number"),
        ({"lines": None}, "['order']['lines']: expected text, got null"),
        ({"lines": ["a"]}, "['order']['lines']: expected text, got an array"),
        ({"lines": {"first": "a"}}, "['order']['lines']: expected text, got an object"),
    ],
)
def test_attached_data_of_another_form_are_refused_with_the_path(value: Any, problem: str) -> None:
    for data in ({"order": value}, {"note": "before", "order": value, "more": None}):
        assert read("interaction.setdata", {"interactiondata": data}) == f"data.interactiondata{problem}"


@pytest.mark.parametrize("data", [None, "order", ["order"], 5, True])
def test_attached_data_are_an_object(data: Any) -> None:
    assert read("interaction.setdata", {"interactiondata": data}).startswith("data.interactiondata: expected an object")


@pytest.mark.parametrize(("key", "fits"), [("k", True), ("k" * 128, True), ("é" * 128, True), ("", False)])
def test_keys_of_attached_data_have_1_to_128_characters(key: str, fits: bool) -> None:
    asked = read("interaction.getdata", {"keys": [key]})
    given = read("interaction.setdata", {"interactiondata": {key: None}})
    if fits:
        assert asked.keys == (key,)
        assert given.interactiondata == {key: None}
    else:
        assert asked == "data.keys[0]: expected text of 1 to 128 characters"
        assert given == f"data.interactiondata['{key}']: expected text of 1 to 128 characters"


def test_a_key_that_is_too_long_is_refused() -> None:
    assert read("interaction.getdata", {"keys": ["a", "k" * 129]}).startswith("data.keys[1]: expected text of 1 to 128")
    given = read("interaction.setdata", {"interactiondata": {"k" * 129: "x"}})
    assert given.endswith(": expected text of 1 to 128 characters")


def test_all_keys_are_asked_for_by_naming_none() -> None:
    assert read("interaction.getdata", {}).keys is None
    assert read("interaction.getdata", {"keys": []}).keys == ()


# Transfer: to a queue or to an agent


@pytest.mark.parametrize("data", [{}, {"note": "n"}, {"queue": "Billing", "agent": "bob"}])
def test_a_transfer_names_exactly_one_of_queue_and_agent(data: dict[str, str]) -> None:
    assert read("interaction.transfer", data) == "data: wants queue or agent, exactly one of the two"


@pytest.mark.parametrize("data", [{"queue": "Billing"}, {"agent": "bob", "note": "n"}])
def test_a_transfer_to_one_of_them_is_taken(data: dict[str, str]) -> None:
    assert read("interaction.transfer", data) == TransferMedia(**data)


@pytest.mark.parametrize("other", [None, 5, ""])
def test_a_null_is_no_way_to_choose(other: Any) -> None:
    assert read("interaction.transfer", {"queue": "Billing", "agent": other}).startswith("data.agent: expected text")
    assert read("interaction.transfer", {"queue": other, "agent": "bob"}).startswith("data.queue: expected text")


# Digits


@pytest.mark.parametrize("digits", ["0", "0123456789*#ABCD", "1" * 32])
def test_dtmf_digits(digits: str) -> None:
    assert read("conversation.senddtmf", {"digits": digits}).digits == digits


@pytest.mark.parametrize("digits", ["", "1" * 33, "a", "E", "1 2", "1,2", "12\n", "\n12", "٣", "+1"])
def test_other_digits_are_refused(digits: str) -> None:
    assert (
        read("conversation.senddtmf", {"digits": digits}) == "data.digits: expected 1 to 32 of the digits 0-9 * # A-D"
    )


# Texts


@pytest.mark.parametrize("command", ["interaction.message.send", "interaction.reply"])
@pytest.mark.parametrize(
    ("text", "fits"),
    [("x", True), (" \n", True), ("é" * 32_768, True), ("", False), ("x" * 32_769, False), ("x" * 2**20, False)],
    ids=["one", "blank", "32768", "empty", "32769", "1 MiB"],
)
def test_what_people_write_has_1_to_32768_characters(command: str, text: str, fits: bool) -> None:
    found = read(command, {"text": text})
    if fits:
        assert found.text == text
    else:
        assert found == "data.text: expected text of 1 to 32768 characters"


def test_a_text_that_holds_nul_does_not_come_in() -> None:
    frame = rb'{"command":"interaction.message.send","target":"s1.c1.i1","data":{"text":"a\u0000b"}}'
    (found,) = read_frame(frame)
    assert isinstance(found, BadRequest)
    assert found.message == "a text holds the NUL character; leave it out"


@pytest.mark.parametrize(
    ("command", "data"),
    [
        ("interaction.transfer", {"queue": "Billing", "note": "n" * 4_097}),
        ("interaction.complete", {"disposition": {"code": "SOLD", "note": "n" * 4_097}}),
        ("interaction.reply", {"text": "x", "subject": "n" * 4_097}),
    ],
)
def test_notes_and_subjects_have_at_most_4096_characters(command: str, data: dict[str, Any]) -> None:
    assert read(command, data).endswith(": expected text of at most 4096 characters")
    assert read(command, {**data, "note": "", "subject": "", "disposition": {"code": "SOLD", "note": ""}})


# URLs


@pytest.mark.parametrize(
    "url", ["https://example.com", "http://[::1]:8080/a?b=c#d", "https://example.com/ä", "https://" + "x" * 2_040]
)
def test_urls(url: str) -> None:
    assert read("interaction.url.push", {"url": url}).url == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "example.com",
        "ftp://example.com",
        "javascript:alert(1)",
        " https://example.com",
        "https://example.com/a b",
        "https://example.com\n",
        "data:text/html,https://example.com",
        "https://" + "x" * 2_041,
    ],
)
def test_other_urls_are_refused_wherever_they_stand(url: str) -> None:
    expected = "expected an http or https URL"
    assert read("interaction.url.push", {"url": url}) == f"data.url: {expected}"
    assert read("interaction.file.send", {"file": {"name": "a.pdf", "url": url}}) == f"data.file.url: {expected}"
    attachments = [{"name": "a.pdf", "url": "https://example.com"}, {"name": "b.pdf", "url": url}]
    found = read("interaction.reply", {"text": "x", "attachments": attachments})
    assert found == f"data.attachments[1].url: {expected}"


# What is left out has its default


def test_what_may_be_left_out() -> None:
    url = "https://example.com/a.pdf"
    assert read("interaction.file.send", {"file": {"name": "a", "url": url}}).file == NewFile(name="a", url=url)
    assert read("interaction.form.show", {"form": {"id": "f"}}).form == NewForm(id="f", title=None, fields={})
    assert read("interaction.signal.send", {"signal": {"name": "s"}}).signal == NewSignal(name="s", data={})
    assert read("interaction.reply", {"text": "x"}) == Reply(text="x", subject=None, attachments=())
    attached = {"text": "x", "attachments": [{"name": "a", "url": url}]}
    assert read("interaction.reply", attached).attachments == (NewAttachment(name="a", url=url),)
    assert read("interaction.reject", {}).reason is None
    assert read("interaction.complete", {}).disposition is None


@pytest.mark.parametrize("size", [-1, 2**53, 1.5, True, "5", None])
def test_the_size_of_a_file_is_a_count_of_bytes(size: Any) -> None:
    file = {"name": "a", "url": "https://example.com/a"}
    assert read("interaction.file.send", {"file": {**file, "size": size}}).startswith(
        "data.file.size: expected a whole"
    )
    assert read("interaction.file.send", {"file": {**file, "size": 0}}).file.size == 0


def test_a_dotted_verb_has_its_aliases() -> None:
    for name in ("interaction.recording.start", "interaction.request.recording.start"):
        found = read_request({"command": name, "target": "s1.c1.i1"})
        assert isinstance(found, Request)
        assert (found.name, found.command.name) == (name, "interaction.recording.start")
