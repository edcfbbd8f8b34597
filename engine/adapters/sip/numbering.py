"""Who is behind a SIP address, and what address is behind a number. Pure, but for the log."""

import re
from typing import Final

import structlog

from engine.adapters.sip.desks import Endpoint, Floor
from engine.adapters.sip.settings import SipSettings
from engine.adapters.sip.visits import Contact
from engine.adapters.sip.words import bare, is_uri, user_of
from protocol.errors import FailureCode, Refused
from protocol.platform import Member

log = structlog.get_logger()

_NUMBER: Final = re.compile(r"\+?[0-9*]{1,40}")
"""No hash: in the user part of an address it has to be escaped, and these phones do not bear a percent sign."""


_REMEDY: Final = "set outside in the settings of the SIP adapter, such as sip:{number}@gateway.example.org"


class Numbering:
    """The numbering plan: agents by extension, others by number through the way out, or by SIP address."""

    def __init__(self, settings: SipSettings, floor: Floor) -> None:
        self._outside = settings.outside
        self._floor = floor
        self._is_missed = False
        self._by_uri: Final = {bare(endpoint.uri): endpoint for endpoint in floor.endpoints.values()}

    def endpoint_of(self, uri: str) -> Endpoint | None:
        """The agent's phone with this address."""
        return self._by_uri.get(bare(uri))

    def uri_for(self, destination: str, *, by: Endpoint) -> str:
        """Raises Refused where it cannot be dialled, or is known to be busy."""
        endpoint = self._floor.endpoints.get(destination)
        if endpoint is not None:
            return self._phone(endpoint, destination, by=by)
        if destination.startswith(("sip:", "sips:")) and is_uri(destination):
            endpoint = self.endpoint_of(destination)
            return destination if endpoint is None else self._phone(endpoint, destination, by=by)
        if _NUMBER.fullmatch(destination):
            return self._outside_uri(destination)
        raise Refused(
            FailureCode.INVALID_DESTINATION,
            f"{destination} is no extension, number or SIP address that can be dialled; look for a mistake in it",
        )

    def _outside_uri(self, number: str) -> str:
        if self._outside is not None:
            return self._outside.replace("{number}", number)
        if not self._is_missed:
            self._is_missed = True  # Whoever can do something about it is told once.
            log.warning("sip_outside_missing", remedy=_REMEDY)
        raise Refused(
            FailureCode.INVALID_DESTINATION,
            f"{number} is no extension, and numbers outside cannot be dialled here; dial a colleague's extension, or a "
            "SIP address",
        )

    @staticmethod
    def _phone(endpoint: Endpoint, destination: str, *, by: Endpoint) -> str:
        if endpoint is by:
            raise Refused(
                FailureCode.INVALID_DESTINATION, f"{destination} is the phone that dials; dial another number"
            )
        if endpoint.talk is not None:
            raise Refused(
                FailureCode.DESTINATION_BUSY, f"{destination} is busy; try again later, or dial another number"
            )
        return endpoint.uri

    def member(self, contact: Contact, uri: str) -> Member:
        """The party at this address, the same for every agent who has the contact."""
        endpoint = self.endpoint_of(uri)
        if endpoint is None:
            return Member(id=f"{contact.id}:{bare(uri)}", address=user_of(uri))
        holder = self._floor.desks.get(endpoint.holder) if endpoint.holder else None
        return Member(
            id=f"{contact.id}:{endpoint.address}", address=endpoint.address, name=holder.name if holder else None
        )
