from engine.adapters.simulator.contact import Contacts, Outcome, Tally
from protocol.states import ChannelType


def test_every_contact_ends_in_exactly_one_outcome_and_the_totals_add_up() -> None:
    contacts = Contacts()
    for outcome in Outcome:
        contact = contacts.open(ChannelType.CHAT, "Eve", 0.0)
        if outcome is Outcome.ANSWERED:
            contact.answered = True
        else:
            contact.fate = outcome
        for _ in range(2):
            contacts.close(contact)
        assert contact.outcome is outcome
    contacts.open(ChannelType.CHAT, "Eve", 0.0)
    assert contacts.tally == Tally(offered=6, answered=1, abandoned=1, turned_away=1, overflowed=1, failed=1)
    assert (contacts.tally.over, len(contacts)) == (5, 1)


def test_who_was_answered_once_is_counted_as_answered_whatever_came_after() -> None:
    contacts = Contacts()
    contact = contacts.open(ChannelType.CHAT, "Eve", 0.0)
    contact.answered, contact.fate = True, Outcome.OVERFLOWED
    contacts.close(contact)
    assert contact.outcome is Outcome.ANSWERED


def test_a_contact_that_is_over_is_forgotten() -> None:
    contacts = Contacts()
    contact = contacts.open(ChannelType.EMAIL, "eve@example.org", 0.0)
    assert contacts.get(contact.id) is contact
    assert list(contacts) == [contact]
    contacts.close(contact)
    assert contacts.get(contact.id) is None


def test_data_is_set_and_removed_by_key_and_is_the_contacts_own() -> None:
    given = {"order": {"number": "17"}}
    contact = Contacts().open(ChannelType.CHAT, "Eve", 0.0, given)
    contact.change_data({"name": "Eve", "order": None, "never": None})
    assert contact.data == {"name": "Eve"}
    nested = {"number": "18"}
    contact.change_data({"order": nested})
    nested["number"] = "19"
    assert contact.data["order"] == {"number": "18"}
    assert given == {"order": {"number": "17"}}


def test_ids_are_never_used_twice() -> None:
    contacts = Contacts()
    assert [contacts.new_id("leg"), contacts.new_id("leg"), contacts.new_id("party")] == ["leg1", "leg2", "party1"]
