"""What the requests of interactions in general, of calls and of their legs do in the model."""

from collections.abc import Callable, Collection
from typing import Any

from protocol.errors import FailureCode as Code
from protocol.platform import OVER, Disposition, InteractionReport
from protocol.states import ConversationState as Leg
from protocol.states import ConversationType, EndCause, RecordingState
from protocol.states import InteractionState as It
from tests.walks.channels import Channels
from tests.walks.words import Fail, Settled, Thing

DATA_CHARS = 65_536
NOT_REACHED = {EndCause.BUSY: Code.DESTINATION_BUSY, EndCause.NOANSWER: Code.NO_ANSWER}

Fulfils = Callable[[InteractionReport], bool]
"""Does the interaction, as it stands after the call, have what was asked for?"""


def is_over(report: InteractionReport) -> bool:
    return report.state in OVER


def has_started(report: InteractionReport) -> bool:
    return report.state == It.STARTED


def legs_in(report: InteractionReport, state: Leg) -> list[str]:
    return [leg.id for leg in report.legs if leg.state == state]


class Calls(Channels):
    """Each method named after a command takes what the request is about, and its data."""

    # Steps

    def about(self, it: Thing, perform: Callable[[], Settled]) -> Settled:
        """Do it; where the platform does not know the interaction any longer, the request comes too late."""
        try:
            return perform()
        except Fail as failure:
            if not failure.by_platform or Code.INVALID_TARGET not in failure.codes:
                raise
        self.doubt(it)
        return Settled(frozenset({Code.INVALID_STATE}))

    def refuse_beside_another_call(self, it: Thing) -> None:
        """One leg of a channel talks at a time."""
        others = [each for each in self.interactions(it.owner) if each is not it]
        if any(leg["state"] == Leg.CONNECTED for each in others for leg in self.legs(each)):
            raise Fail(Code.INTERACTION_ACTIVE)

    def ask_about(self, it: Thing, call: str, **fields: Any) -> Any:
        return self.ask(call, endpoint=it.owner["endpoint"], interaction=it["report"].id, **fields)

    def settle(
        self, it: Thing, report: InteractionReport, fulfils: Fulfils, always: Collection[object] = ()
    ) -> Settled:
        """An answer counts where it can be, even where it is not what was asked for."""
        channel, before = it.owner, it["report"].state
        if (report.endpoint, report.id) != (channel["endpoint"], it["report"].id) or not self.possible(channel, report):
            raise Fail(Code.PLATFORM_ERROR)
        if fulfils(report):
            return Settled(events=self.take_in(channel, report, always))
        too_late = is_over(report) and report.state != before
        code = Code.INVALID_STATE if too_late else Code.PLATFORM_ERROR
        return Settled(frozenset({code}), events=self.take_in(channel, report))

    def _do(self, it: Thing, call: str, fulfils: Fulfils, always: Collection[object] = (), **fields: Any) -> Settled:
        return self.settle(it, self.ask_about(it, call, **fields), fulfils, always)

    # Every interaction

    def _channel_dial(self, channel: Thing, data: dict[str, Any]) -> Settled:
        fields = {"destination": data["destination"], "extensions": data.get("extensions", {})}
        report: InteractionReport = self.ask("Dial", endpoint=channel["endpoint"], **fields)
        failed = Code.PLATFORM_ERROR if report.cause is None else NOT_REACHED.get(report.cause, Code.PLATFORM_ERROR)
        if report.endpoint != channel["endpoint"]:
            raise Fail(Code.PLATFORM_ERROR)
        if not self.possible(channel, report):
            raise Fail(failed) if report.state == It.COMPLETED else Fail(failed, Code.PLATFORM_ERROR)
        reached = report.state in (It.DIALING, It.STARTED)
        return Settled(frozenset() if reached else frozenset({failed}), events=self.take_in(channel, report))

    def _interaction_accept(self, it: Thing, _: dict[str, Any]) -> Settled:
        self.refuse_beside_another_call(it)
        return self._do(it, "AcceptInteraction", has_started)

    def _interaction_reject(self, it: Thing, data: dict[str, Any]) -> Settled:
        return self._do(it, "RejectInteraction", is_over, reason=data.get("reason", {}).get("code"))

    def _interaction_release(self, it: Thing, _: dict[str, Any]) -> Settled:
        return self._do(it, "ReleaseInteraction", is_over)

    def _interaction_complete(self, it: Thing, data: dict[str, Any]) -> Settled:
        disposition = Disposition(**data["disposition"]) if "disposition" in data else None
        return self._complete(it, disposition=disposition, timed_out=False)

    def _complete(self, it: Thing, **fields: Any) -> Settled:
        return self._do(it, "CompleteInteraction", lambda report: report.state == It.COMPLETED, **fields)

    def wrapup_ends(self, target: str) -> Settled:
        """Nobody asked for it; what does not complete it now is tried again after as long once more."""
        it = self.find(target)
        assert it is not None
        try:
            settled = self.about(it, lambda: self._complete(it, disposition=None, timed_out=True))
        except Fail:
            settled, self.believed = Settled(), False
        self.set_timer(it)
        return Settled(events=settled.events)

    def _interaction_getdata(self, it: Thing, data: dict[str, Any]) -> Settled:
        known = it["report"].data
        return Settled(data={"interactiondata": {key: known[key] for key in data.get("keys", known) if key in known}})

    def _interaction_setdata(self, it: Thing, data: dict[str, Any]) -> Settled:
        changes = data["interactiondata"]
        wished = {key: value for key, value in {**it["report"].data, **changes}.items() if value is not None}
        if sum(map(_chars, [*wished, *wished.values()])) > DATA_CHARS:
            raise Fail(Code.INVALID_REQUEST)

        def is_set(report: InteractionReport) -> bool:
            return all(report.data.get(key) == value for key, value in changes.items())

        return self._do(it, "ChangeData", is_set, ["data"], changes=changes)

    # Calls

    def _interaction_consult(self, it: Thing, data: dict[str, Any]) -> Settled:
        def consults(report: InteractionReport) -> bool:
            return any(leg.type == ConversationType.CONSULT for leg in report.legs)

        self.refuse_beside_another_call(it)
        return self._do(it, "StartConsult", consults, destination=data["destination"])

    def _interaction_alternate(self, it: Thing, _: dict[str, Any]) -> Settled:
        held = next(leg["leg"].id for leg in self.legs(it) if leg["state"] == Leg.HELD)
        return self._do(it, "AlternateLegs", lambda report: held in legs_in(report, Leg.CONNECTED))

    def _interaction_consulttransfer(self, it: Thing, _: dict[str, Any]) -> Settled:
        return self._do(it, "TransferConsult", is_over)

    def _interaction_consultconference(self, it: Thing, _: dict[str, Any]) -> Settled:
        self.refuse_beside_another_call(it)
        return self._do(it, "ConferenceConsult", lambda report: has_started(report) and len(report.legs) == 1)

    def _interaction_recording_start(self, it: Thing, _: dict[str, Any]) -> Settled:
        return self._record(it, RecordingState.RECORDING)

    def _interaction_recording_stop(self, it: Thing, _: dict[str, Any]) -> Settled:
        return self._record(it, RecordingState.STOPPED)

    def _interaction_recording_pause(self, it: Thing, _: dict[str, Any]) -> Settled:
        return self._record(it, RecordingState.PAUSED)

    def _interaction_recording_resume(self, it: Thing, _: dict[str, Any]) -> Settled:
        return self._record(it, RecordingState.RECORDING)

    def _record(self, it: Thing, wanted: RecordingState) -> Settled:
        def is_so(report: InteractionReport) -> bool:
            return has_started(report) and report.recording == wanted

        return self._do(it, "SetRecording", is_so, ["recording"], recording=wanted)

    # Legs

    def _conversation_answer(self, leg: Thing, data: dict[str, Any]) -> Settled:
        return self._interaction_accept(leg.owner, data)

    def _conversation_hold(self, leg: Thing, _: dict[str, Any]) -> Settled:
        return self._do_to(leg, "HoldLeg", lambda report: leg["leg"].id in legs_in(report, Leg.HELD))

    def _conversation_retrieve(self, leg: Thing, _: dict[str, Any]) -> Settled:
        self.refuse_beside_another_call(leg.owner)
        if any(other["state"] == Leg.CONNECTED for other in self.legs(leg.owner)):
            raise Fail(Code.CONSULT_EXISTS)
        return self._do_to(leg, "RetrieveLeg", lambda report: leg["leg"].id in legs_in(report, Leg.CONNECTED))

    def _conversation_release(self, leg: Thing, _: dict[str, Any]) -> Settled:
        return self._do_to(leg, "ReleaseLeg", lambda report: leg["leg"].id not in [each.id for each in report.legs])

    def _conversation_blindtransfer(self, leg: Thing, data: dict[str, Any]) -> Settled:
        self._refuse_beside_consult(leg.owner)
        return self._do_to(leg, "BlindTransfer", is_over, destination=data["destination"])

    def _conversation_blindconference(self, leg: Thing, data: dict[str, Any]) -> Settled:
        self._refuse_beside_consult(leg.owner)

        def lives(report: InteractionReport) -> bool:
            return leg["leg"].id in [each.id for each in report.legs]

        return self._do_to(leg, "BlindConference", lives, [leg], destination=data["destination"])

    def _conversation_senddtmf(self, leg: Thing, data: dict[str, Any]) -> Settled:
        self.ask_about(leg.owner, "SendDigits", leg=leg["leg"].id, digits=data["digits"])
        return Settled()

    def _do_to(
        self, leg: Thing, call: str, fulfils: Fulfils, always: Collection[object] = (), **fields: Any
    ) -> Settled:
        return self._do(leg.owner, call, fulfils, always, leg=leg["leg"].id, **fields)

    def _refuse_beside_consult(self, it: Thing) -> None:
        if len(self.legs(it)) > 1:
            raise Fail(Code.CONSULT_EXISTS)


def _chars(value: str | dict[str, str]) -> int:
    return len(value) if isinstance(value, str) else sum(len(key) + len(text) for key, text in value.items())
