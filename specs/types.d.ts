// Generated from the code by `ixp spec write specs`: change the code, then run that.

/** Any request. */
export type ClientMessage = PrepareSessionRequest
  | BindSessionRequest
  | UnbindSessionRequest
  | SessionStartRequest
  | SessionLogoutRequest
  | SessionAddchannelRequest
  | SessionRemovechannelRequest
  | SessionAddchannelgroupRequest
  | SessionRemovechannelgroupRequest
  | SessionRequestGetdirectoryRequest
  | SessionRequestExternalnotreadyreasonsRequest
  | SessionRequestExternallogoutreasonsRequest
  | ChannelgroupActivateRequest
  | ChannelgroupDeactivateRequest
  | ChannelgroupActivateallRequest
  | ChannelgroupDeactivateallRequest
  | ChannelgroupReadyRequest
  | ChannelgroupNotreadyRequest
  | ChannelActivateRequest
  | ChannelDeactivateRequest
  | ChannelReadyRequest
  | ChannelNotreadyRequest
  | ChannelDialRequest
  | ChannelExternaldispositionsRequest
  | InteractionAcceptRequest
  | InteractionRejectRequest
  | InteractionReleaseRequest
  | InteractionCompleteRequest
  | InteractionGetdataRequest
  | InteractionSetdataRequest
  | InteractionConsultRequest
  | InteractionAlternateRequest
  | InteractionConsulttransferRequest
  | InteractionConsultconferenceRequest
  | InteractionRecordingStartRequest
  | InteractionRecordingStopRequest
  | InteractionRecordingPauseRequest
  | InteractionRecordingResumeRequest
  | InteractionTransferRequest
  | InteractionMessageSendRequest
  | InteractionTypingStartRequest
  | InteractionTypingStopRequest
  | InteractionFileSendRequest
  | InteractionUrlPushRequest
  | InteractionFormShowRequest
  | InteractionScreenshotRequestRequest
  | InteractionSignalSendRequest
  | InteractionReplyRequest
  | ConversationAnswerRequest
  | ConversationHoldRequest
  | ConversationRetrieveRequest
  | ConversationReleaseRequest
  | ConversationBlindtransferRequest
  | ConversationBlindconferenceRequest
  | ConversationSenddtmfRequest
  | SupervisorLoginRequest
  | SupervisorLogoutRequest
  | SupervisorListRequest
  | SupervisorWatchRequest
  | SupervisorUnwatchRequest
  | SupervisorSetagentstateRequest
  | SupervisorLogoutagentRequest;

/** Any response or event. */
export type ServerMessage = PrepareSessionSuccess
  | PrepareSessionFailure
  | PrepareSessionConfirm
  | BindSessionSuccess
  | BindSessionFailure
  | UnbindSessionSuccess
  | UnbindSessionFailure
  | SessionStartSuccess
  | SessionStartFailure
  | SessionLogoutSuccess
  | SessionLogoutFailure
  | SessionAddchannelSuccess
  | SessionAddchannelFailure
  | SessionRemovechannelSuccess
  | SessionRemovechannelFailure
  | SessionAddchannelgroupSuccess
  | SessionAddchannelgroupFailure
  | SessionRemovechannelgroupSuccess
  | SessionRemovechannelgroupFailure
  | SessionRequestGetdirectorySuccess
  | SessionRequestGetdirectoryFailure
  | SessionRequestExternalnotreadyreasonsSuccess
  | SessionRequestExternalnotreadyreasonsFailure
  | SessionRequestExternallogoutreasonsSuccess
  | SessionRequestExternallogoutreasonsFailure
  | ChannelgroupActivateSuccess
  | ChannelgroupActivateFailure
  | ChannelgroupDeactivateSuccess
  | ChannelgroupDeactivateFailure
  | ChannelgroupActivateallSuccess
  | ChannelgroupActivateallFailure
  | ChannelgroupDeactivateallSuccess
  | ChannelgroupDeactivateallFailure
  | ChannelgroupReadySuccess
  | ChannelgroupReadyFailure
  | ChannelgroupNotreadySuccess
  | ChannelgroupNotreadyFailure
  | ChannelActivateSuccess
  | ChannelActivateFailure
  | ChannelDeactivateSuccess
  | ChannelDeactivateFailure
  | ChannelReadySuccess
  | ChannelReadyFailure
  | ChannelNotreadySuccess
  | ChannelNotreadyFailure
  | ChannelDialSuccess
  | ChannelDialFailure
  | ChannelExternaldispositionsSuccess
  | ChannelExternaldispositionsFailure
  | InteractionAcceptSuccess
  | InteractionAcceptFailure
  | InteractionRejectSuccess
  | InteractionRejectFailure
  | InteractionReleaseSuccess
  | InteractionReleaseFailure
  | InteractionCompleteSuccess
  | InteractionCompleteFailure
  | InteractionGetdataSuccess
  | InteractionGetdataFailure
  | InteractionSetdataSuccess
  | InteractionSetdataFailure
  | InteractionConsultSuccess
  | InteractionConsultFailure
  | InteractionAlternateSuccess
  | InteractionAlternateFailure
  | InteractionConsulttransferSuccess
  | InteractionConsulttransferFailure
  | InteractionConsultconferenceSuccess
  | InteractionConsultconferenceFailure
  | InteractionRecordingStartSuccess
  | InteractionRecordingStartFailure
  | InteractionRecordingStopSuccess
  | InteractionRecordingStopFailure
  | InteractionRecordingPauseSuccess
  | InteractionRecordingPauseFailure
  | InteractionRecordingResumeSuccess
  | InteractionRecordingResumeFailure
  | InteractionTransferSuccess
  | InteractionTransferFailure
  | InteractionMessageSendSuccess
  | InteractionMessageSendFailure
  | InteractionTypingStartSuccess
  | InteractionTypingStartFailure
  | InteractionTypingStopSuccess
  | InteractionTypingStopFailure
  | InteractionFileSendSuccess
  | InteractionFileSendFailure
  | InteractionUrlPushSuccess
  | InteractionUrlPushFailure
  | InteractionFormShowSuccess
  | InteractionFormShowFailure
  | InteractionScreenshotRequestSuccess
  | InteractionScreenshotRequestFailure
  | InteractionSignalSendSuccess
  | InteractionSignalSendFailure
  | InteractionReplySuccess
  | InteractionReplyFailure
  | ConversationAnswerSuccess
  | ConversationAnswerFailure
  | ConversationHoldSuccess
  | ConversationHoldFailure
  | ConversationRetrieveSuccess
  | ConversationRetrieveFailure
  | ConversationReleaseSuccess
  | ConversationReleaseFailure
  | ConversationBlindtransferSuccess
  | ConversationBlindtransferFailure
  | ConversationBlindconferenceSuccess
  | ConversationBlindconferenceFailure
  | ConversationSenddtmfSuccess
  | ConversationSenddtmfFailure
  | SupervisorLoginSuccess
  | SupervisorLoginFailure
  | SupervisorLogoutSuccess
  | SupervisorLogoutFailure
  | SupervisorListSuccess
  | SupervisorListFailure
  | SupervisorWatchSuccess
  | SupervisorWatchFailure
  | SupervisorUnwatchSuccess
  | SupervisorUnwatchFailure
  | SupervisorSetagentstateSuccess
  | SupervisorSetagentstateFailure
  | SupervisorLogoutagentSuccess
  | SupervisorLogoutagentFailure
  | Failure
  | StateUpdatedEvent
  | SessionInitializedEvent
  | SessionDisposedEvent
  | SessionUnboundEvent
  | SessionExternalnotreadyreasonsUpdatedEvent
  | SessionExternallogoutreasonsUpdatedEvent
  | ChannelgroupCreatedEvent
  | ChannelgroupInitializedEvent
  | ChannelgroupInfochangedEvent
  | ChannelgroupDisposedEvent
  | ChannelCreatedEvent
  | ChannelInitializedEvent
  | ChannelInfochangedEvent
  | ChannelDisposedEvent
  | ChannelExternaldispositionsUpdatedEvent
  | InteractionCreatedEvent
  | InteractionInitializedEvent
  | InteractionInfochangedEvent
  | InteractionPreviewEvent
  | InteractionDatachangedEvent
  | InteractionStartedEvent
  | InteractionFocuschangedEvent
  | InteractionEndedEvent
  | InteractionCompletedEvent
  | InteractionDisposedEvent
  | InteractionMessageAddedEvent
  | InteractionTypingStartedEvent
  | InteractionTypingStoppedEvent
  | InteractionFileAddedEvent
  | InteractionFormSubmittedEvent
  | InteractionScreenshotAcceptedEvent
  | InteractionScreenshotRejectedEvent
  | InteractionSignalReceivedEvent
  | InteractionPartyJoinedEvent
  | InteractionPartyLeftEvent
  | ConversationCreatedEvent
  | ConversationInitializedEvent
  | ConversationInfochangedEvent
  | ConversationMemberAddedEvent
  | ConversationMemberRemovedEvent
  | ConversationDisposedEvent
  | SupervisorSnapshotEvent
  | SupervisorMessageEvent
  | SupervisorUnwatchedEvent;

/** One frame of the subprotocol agent-session-batch.v1. */
export type ClientBatch = ReadonlyArray<ClientMessage>;

/** One frame of the subprotocol agent-session-batch.v1. */
export type ServerBatch = ReadonlyArray<ServerMessage>;

/** Make a session for an agent. */
export interface PrepareSessionRequest {
  readonly command: "prepareSession";
  readonly target?: Target;
  readonly data: PrepareSession;
  readonly requestid?: RequestId;
}

/** prepareSession has been done. */
export interface PrepareSessionSuccess {
  readonly command: "prepareSession";
  readonly target?: Target;
  readonly result: "success";
  readonly data: Prepared;
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** prepareSession has been refused. */
export interface PrepareSessionFailure {
  readonly command: "prepareSession";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** The agent has a session; repeat with `override` true to end it. */
export interface PrepareSessionConfirm {
  readonly command: "prepareSession";
  readonly result: "confirm";
  readonly message: string;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** Tie a session to this connection, which then gets all its messages. */
export interface BindSessionRequest {
  readonly command: "bindSession";
  readonly target: Target;
  readonly data?: BindSession;
  readonly requestid?: RequestId;
}

/** bindSession has been done. */
export interface BindSessionSuccess {
  readonly command: "bindSession";
  readonly target: Target;
  readonly result: "success";
  readonly data: Bound;
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** bindSession has been refused. */
export interface BindSessionFailure {
  readonly command: "bindSession";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** Let go of a session, which lives on for a while. */
export interface UnbindSessionRequest {
  readonly command: "unbindSession";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** unbindSession has been done. */
export interface UnbindSessionSuccess {
  readonly command: "unbindSession";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** unbindSession has been refused. */
export interface UnbindSessionFailure {
  readonly command: "unbindSession";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** Begin: ask the platform what exists, and be told of it. */
export interface SessionStartRequest {
  readonly command: "session.start" | "session.request.start";
  readonly target: Target;
  readonly data?: SessionStart;
  readonly requestid?: RequestId;
}

/** session.start has been done. */
export interface SessionStartSuccess {
  readonly command: "session.start" | "session.request.start";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** session.start has been refused. */
export interface SessionStartFailure {
  readonly command: "session.start" | "session.request.start";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Log the agent out everywhere, and end the session. */
export interface SessionLogoutRequest {
  readonly command: "session.logout" | "session.request.logout";
  readonly target: Target;
  readonly data?: SessionLogout;
  readonly requestid?: RequestId;
}

/** session.logout has been done. */
export interface SessionLogoutSuccess {
  readonly command: "session.logout" | "session.request.logout";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** session.logout has been refused. */
export interface SessionLogoutFailure {
  readonly command: "session.logout" | "session.request.logout";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Add a channel by its endpoint. */
export interface SessionAddchannelRequest {
  readonly command: "session.addchannel" | "session.request.addchannel";
  readonly target: Target;
  readonly data: AddChannel;
  readonly requestid?: RequestId;
}

/** session.addchannel has been done. */
export interface SessionAddchannelSuccess {
  readonly command: "session.addchannel" | "session.request.addchannel";
  readonly target: Target;
  readonly result: "success";
  readonly data: AddChannel;
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** session.addchannel has been refused. */
export interface SessionAddchannelFailure {
  readonly command: "session.addchannel" | "session.request.addchannel";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Let go of a standalone channel. */
export interface SessionRemovechannelRequest {
  readonly command: "session.removechannel" | "session.request.removechannel";
  readonly target: Target;
  readonly data: ChannelCommand;
  readonly requestid?: RequestId;
}

/** session.removechannel has been done. */
export interface SessionRemovechannelSuccess {
  readonly command: "session.removechannel" | "session.request.removechannel";
  readonly target: Target;
  readonly result: "success";
  readonly data: ChannelCommand;
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** session.removechannel has been refused. */
export interface SessionRemovechannelFailure {
  readonly command: "session.removechannel" | "session.request.removechannel";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Join a channel group, with its channels. */
export interface SessionAddchannelgroupRequest {
  readonly command: "session.addchannelgroup" | "session.request.addchannelgroup";
  readonly target: Target;
  readonly data: AddChannelGroup;
  readonly requestid?: RequestId;
}

/** session.addchannelgroup has been done. */
export interface SessionAddchannelgroupSuccess {
  readonly command: "session.addchannelgroup" | "session.request.addchannelgroup";
  readonly target: Target;
  readonly result: "success";
  readonly data: AddChannelGroup;
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** session.addchannelgroup has been refused. */
export interface SessionAddchannelgroupFailure {
  readonly command: "session.addchannelgroup" | "session.request.addchannelgroup";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Leave a channel group, with all its channels. */
export interface SessionRemovechannelgroupRequest {
  readonly command: "session.removechannelgroup" | "session.request.removechannelgroup";
  readonly target: Target;
  readonly data: RemoveChannelGroup;
  readonly requestid?: RequestId;
}

/** session.removechannelgroup has been done. */
export interface SessionRemovechannelgroupSuccess {
  readonly command: "session.removechannelgroup" | "session.request.removechannelgroup";
  readonly target: Target;
  readonly result: "success";
  readonly data: RemoveChannelGroup;
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** session.removechannelgroup has been refused. */
export interface SessionRemovechannelgroupFailure {
  readonly command: "session.removechannelgroup" | "session.request.removechannelgroup";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Ask for the quick-dial entries of the switch. */
export interface SessionRequestGetdirectoryRequest {
  readonly command: "session.request.getdirectory" | "session.getdirectory";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** session.request.getdirectory has been done. */
export interface SessionRequestGetdirectorySuccess {
  readonly command: "session.request.getdirectory" | "session.getdirectory";
  readonly target: Target;
  readonly result: "success";
  readonly data: Directory;
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** session.request.getdirectory has been refused. */
export interface SessionRequestGetdirectoryFailure {
  readonly command: "session.request.getdirectory" | "session.getdirectory";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Ask for the platform's not-ready reasons; they come as an event. */
export interface SessionRequestExternalnotreadyreasonsRequest {
  readonly command: "session.request.externalnotreadyreasons" | "session.externalnotreadyreasons" | "session.request.externalnotredyreasons";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** session.request.externalnotreadyreasons has been done. */
export interface SessionRequestExternalnotreadyreasonsSuccess {
  readonly command: "session.request.externalnotreadyreasons" | "session.externalnotreadyreasons" | "session.request.externalnotredyreasons";
  readonly target: Target;
  readonly result: "success";
  readonly data: Readonly<Record<string, unknown>>;
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** session.request.externalnotreadyreasons has been refused. */
export interface SessionRequestExternalnotreadyreasonsFailure {
  readonly command: "session.request.externalnotreadyreasons" | "session.externalnotreadyreasons" | "session.request.externalnotredyreasons";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Ask for the platform's logout reasons; they come as an event. */
export interface SessionRequestExternallogoutreasonsRequest {
  readonly command: "session.request.externallogoutreasons" | "session.externallogoutreasons";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** session.request.externallogoutreasons has been done. */
export interface SessionRequestExternallogoutreasonsSuccess {
  readonly command: "session.request.externallogoutreasons" | "session.externallogoutreasons";
  readonly target: Target;
  readonly result: "success";
  readonly data: Readonly<Record<string, unknown>>;
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** session.request.externallogoutreasons has been refused. */
export interface SessionRequestExternallogoutreasonsFailure {
  readonly command: "session.request.externallogoutreasons" | "session.externallogoutreasons";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Log the agent in at one channel of the group. */
export interface ChannelgroupActivateRequest {
  readonly command: "channelgroup.activate" | "channelgroup.request.activate";
  readonly target: Target;
  readonly data: GroupChannelLogin;
  readonly requestid?: RequestId;
}

/** channelgroup.activate has been done. */
export interface ChannelgroupActivateSuccess {
  readonly command: "channelgroup.activate" | "channelgroup.request.activate";
  readonly target: Target;
  readonly result: "success";
  readonly data: GroupChannelLogin;
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** channelgroup.activate has been refused. */
export interface ChannelgroupActivateFailure {
  readonly command: "channelgroup.activate" | "channelgroup.request.activate";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Log the agent out at one channel of the group. */
export interface ChannelgroupDeactivateRequest {
  readonly command: "channelgroup.deactivate" | "channelgroup.request.deactivate";
  readonly target: Target;
  readonly data: GroupChannelLogin;
  readonly requestid?: RequestId;
}

/** channelgroup.deactivate has been done. */
export interface ChannelgroupDeactivateSuccess {
  readonly command: "channelgroup.deactivate" | "channelgroup.request.deactivate";
  readonly target: Target;
  readonly result: "success";
  readonly data: GroupChannelLogin;
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** channelgroup.deactivate has been refused. */
export interface ChannelgroupDeactivateFailure {
  readonly command: "channelgroup.deactivate" | "channelgroup.request.deactivate";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Log the agent in at all channels of the group. */
export interface ChannelgroupActivateallRequest {
  readonly command: "channelgroup.activateall" | "channelgroup.request.activateall";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** channelgroup.activateall has been done. */
export interface ChannelgroupActivateallSuccess {
  readonly command: "channelgroup.activateall" | "channelgroup.request.activateall";
  readonly target: Target;
  readonly result: "success";
  readonly data: ChannelStates;
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** channelgroup.activateall has been refused. */
export interface ChannelgroupActivateallFailure {
  readonly command: "channelgroup.activateall" | "channelgroup.request.activateall";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Log the agent out at all channels of the group. */
export interface ChannelgroupDeactivateallRequest {
  readonly command: "channelgroup.deactivateall" | "channelgroup.request.deactivateall";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** channelgroup.deactivateall has been done. */
export interface ChannelgroupDeactivateallSuccess {
  readonly command: "channelgroup.deactivateall" | "channelgroup.request.deactivateall";
  readonly target: Target;
  readonly result: "success";
  readonly data: ChannelStates;
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** channelgroup.deactivateall has been refused. */
export interface ChannelgroupDeactivateallFailure {
  readonly command: "channelgroup.deactivateall" | "channelgroup.request.deactivateall";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Make all active channels of the group ready. */
export interface ChannelgroupReadyRequest {
  readonly command: "channelgroup.ready" | "channelgroup.request.ready";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** channelgroup.ready has been done. */
export interface ChannelgroupReadySuccess {
  readonly command: "channelgroup.ready" | "channelgroup.request.ready";
  readonly target: Target;
  readonly result: "success";
  readonly data: ChannelStates;
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** channelgroup.ready has been refused. */
export interface ChannelgroupReadyFailure {
  readonly command: "channelgroup.ready" | "channelgroup.request.ready";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Make all active channels of the group not ready. */
export interface ChannelgroupNotreadyRequest {
  readonly command: "channelgroup.notready" | "channelgroup.request.notready";
  readonly target: Target;
  readonly data?: NotReady;
  readonly requestid?: RequestId;
}

/** channelgroup.notready has been done. */
export interface ChannelgroupNotreadySuccess {
  readonly command: "channelgroup.notready" | "channelgroup.request.notready";
  readonly target: Target;
  readonly result: "success";
  readonly data: NotReady & ChannelStates;
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** channelgroup.notready has been refused. */
export interface ChannelgroupNotreadyFailure {
  readonly command: "channelgroup.notready" | "channelgroup.request.notready";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Log the agent in at the channel. */
export interface ChannelActivateRequest {
  readonly command: "channel.activate" | "channel.request.activate";
  readonly target: Target;
  readonly data?: ChannelLogin;
  readonly requestid?: RequestId;
}

/** channel.activate has been done. */
export interface ChannelActivateSuccess {
  readonly command: "channel.activate" | "channel.request.activate";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** channel.activate has been refused. */
export interface ChannelActivateFailure {
  readonly command: "channel.activate" | "channel.request.activate";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Log the agent out at the channel. */
export interface ChannelDeactivateRequest {
  readonly command: "channel.deactivate" | "channel.request.deactivate";
  readonly target: Target;
  readonly data?: ChannelLogin;
  readonly requestid?: RequestId;
}

/** channel.deactivate has been done. */
export interface ChannelDeactivateSuccess {
  readonly command: "channel.deactivate" | "channel.request.deactivate";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** channel.deactivate has been refused. */
export interface ChannelDeactivateFailure {
  readonly command: "channel.deactivate" | "channel.request.deactivate";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Be ready for interactions at the channel. */
export interface ChannelReadyRequest {
  readonly command: "channel.ready" | "channel.request.ready";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** channel.ready has been done. */
export interface ChannelReadySuccess {
  readonly command: "channel.ready" | "channel.request.ready";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** channel.ready has been refused. */
export interface ChannelReadyFailure {
  readonly command: "channel.ready" | "channel.request.ready";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Be not ready for interactions at the channel. */
export interface ChannelNotreadyRequest {
  readonly command: "channel.notready" | "channel.request.notready";
  readonly target: Target;
  readonly data?: NotReady;
  readonly requestid?: RequestId;
}

/** channel.notready has been done. */
export interface ChannelNotreadySuccess {
  readonly command: "channel.notready" | "channel.request.notready";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** channel.notready has been refused. */
export interface ChannelNotreadyFailure {
  readonly command: "channel.notready" | "channel.request.notready";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Call a destination from the agent's phone. */
export interface ChannelDialRequest {
  readonly command: "channel.dial" | "channel.request.dial";
  readonly target: Target;
  readonly data: Dial;
  readonly requestid?: RequestId;
}

/** channel.dial has been done. */
export interface ChannelDialSuccess {
  readonly command: "channel.dial" | "channel.request.dial";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** channel.dial has been refused. */
export interface ChannelDialFailure {
  readonly command: "channel.dial" | "channel.request.dial";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Ask for the dispositions of the channel; they come as an event. */
export interface ChannelExternaldispositionsRequest {
  readonly command: "channel.externaldispositions" | "channel.request.externaldispositions";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** channel.externaldispositions has been done. */
export interface ChannelExternaldispositionsSuccess {
  readonly command: "channel.externaldispositions" | "channel.request.externaldispositions";
  readonly target: Target;
  readonly result: "success";
  readonly data: Readonly<Record<string, unknown>>;
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** channel.externaldispositions has been refused. */
export interface ChannelExternaldispositionsFailure {
  readonly command: "channel.externaldispositions" | "channel.request.externaldispositions";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Take what is offered; a call is answered. */
export interface InteractionAcceptRequest {
  readonly command: "interaction.accept" | "interaction.request.accept";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** interaction.accept has been done. */
export interface InteractionAcceptSuccess {
  readonly command: "interaction.accept" | "interaction.request.accept";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.accept has been refused. */
export interface InteractionAcceptFailure {
  readonly command: "interaction.accept" | "interaction.request.accept";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Refuse what is offered; it goes to somebody else. */
export interface InteractionRejectRequest {
  readonly command: "interaction.reject" | "interaction.request.reject";
  readonly target: Target;
  readonly data?: Reject;
  readonly requestid?: RequestId;
}

/** interaction.reject has been done. */
export interface InteractionRejectSuccess {
  readonly command: "interaction.reject" | "interaction.request.reject";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.reject has been refused. */
export interface InteractionRejectFailure {
  readonly command: "interaction.reject" | "interaction.request.reject";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** End a chat, an email or a callback. */
export interface InteractionReleaseRequest {
  readonly command: "interaction.release" | "interaction.request.release";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** interaction.release has been done. */
export interface InteractionReleaseSuccess {
  readonly command: "interaction.release" | "interaction.request.release";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.release has been refused. */
export interface InteractionReleaseFailure {
  readonly command: "interaction.release" | "interaction.request.release";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** End the wrap-up, with or without a disposition. */
export interface InteractionCompleteRequest {
  readonly command: "interaction.complete" | "interaction.request.complete";
  readonly target: Target;
  readonly data?: Complete;
  readonly requestid?: RequestId;
}

/** interaction.complete has been done. */
export interface InteractionCompleteSuccess {
  readonly command: "interaction.complete" | "interaction.request.complete";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.complete has been refused. */
export interface InteractionCompleteFailure {
  readonly command: "interaction.complete" | "interaction.request.complete";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Read the attached data. */
export interface InteractionGetdataRequest {
  readonly command: "interaction.getdata" | "interaction.request.getdata";
  readonly target: Target;
  readonly data?: GetData;
  readonly requestid?: RequestId;
}

/** interaction.getdata has been done. */
export interface InteractionGetdataSuccess {
  readonly command: "interaction.getdata" | "interaction.request.getdata";
  readonly target: Target;
  readonly result: "success";
  readonly data: InteractionData;
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.getdata has been refused. */
export interface InteractionGetdataFailure {
  readonly command: "interaction.getdata" | "interaction.request.getdata";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Set or remove attached data, for everybody who has the contact. */
export interface InteractionSetdataRequest {
  readonly command: "interaction.setdata" | "interaction.request.setdata";
  readonly target: Target;
  readonly data: SetData;
  readonly requestid?: RequestId;
}

/** interaction.setdata has been done. */
export interface InteractionSetdataSuccess {
  readonly command: "interaction.setdata" | "interaction.request.setdata";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.setdata has been refused. */
export interface InteractionSetdataFailure {
  readonly command: "interaction.setdata" | "interaction.request.setdata";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Call a colleague beside the contact, who is put on hold. */
export interface InteractionConsultRequest {
  readonly command: "interaction.consult" | "interaction.request.consult";
  readonly target: Target;
  readonly data: Destination;
  readonly requestid?: RequestId;
}

/** interaction.consult has been done. */
export interface InteractionConsultSuccess {
  readonly command: "interaction.consult" | "interaction.request.consult";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.consult has been refused. */
export interface InteractionConsultFailure {
  readonly command: "interaction.consult" | "interaction.request.consult";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Hold the connected leg and retrieve the held one. */
export interface InteractionAlternateRequest {
  readonly command: "interaction.alternate" | "interaction.request.alternate";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** interaction.alternate has been done. */
export interface InteractionAlternateSuccess {
  readonly command: "interaction.alternate" | "interaction.request.alternate";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.alternate has been refused. */
export interface InteractionAlternateFailure {
  readonly command: "interaction.alternate" | "interaction.request.alternate";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Connect the contact with the consulted party, and leave the call. */
export interface InteractionConsulttransferRequest {
  readonly command: "interaction.consulttransfer" | "interaction.request.consulttransfer";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** interaction.consulttransfer has been done. */
export interface InteractionConsulttransferSuccess {
  readonly command: "interaction.consulttransfer" | "interaction.request.consulttransfer";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.consulttransfer has been refused. */
export interface InteractionConsulttransferFailure {
  readonly command: "interaction.consulttransfer" | "interaction.request.consulttransfer";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Join the contact and the consulted party in one conversation. */
export interface InteractionConsultconferenceRequest {
  readonly command: "interaction.consultconference" | "interaction.request.consultconference";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** interaction.consultconference has been done. */
export interface InteractionConsultconferenceSuccess {
  readonly command: "interaction.consultconference" | "interaction.request.consultconference";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.consultconference has been refused. */
export interface InteractionConsultconferenceFailure {
  readonly command: "interaction.consultconference" | "interaction.request.consultconference";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Record the call from now on. */
export interface InteractionRecordingStartRequest {
  readonly command: "interaction.recording.start" | "interaction.request.recording.start";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** interaction.recording.start has been done. */
export interface InteractionRecordingStartSuccess {
  readonly command: "interaction.recording.start" | "interaction.request.recording.start";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.recording.start has been refused. */
export interface InteractionRecordingStartFailure {
  readonly command: "interaction.recording.start" | "interaction.request.recording.start";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Stop recording the call. */
export interface InteractionRecordingStopRequest {
  readonly command: "interaction.recording.stop" | "interaction.request.recording.stop";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** interaction.recording.stop has been done. */
export interface InteractionRecordingStopSuccess {
  readonly command: "interaction.recording.stop" | "interaction.request.recording.stop";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.recording.stop has been refused. */
export interface InteractionRecordingStopFailure {
  readonly command: "interaction.recording.stop" | "interaction.request.recording.stop";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Leave a gap in the recording, until it is resumed. */
export interface InteractionRecordingPauseRequest {
  readonly command: "interaction.recording.pause" | "interaction.request.recording.pause";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** interaction.recording.pause has been done. */
export interface InteractionRecordingPauseSuccess {
  readonly command: "interaction.recording.pause" | "interaction.request.recording.pause";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.recording.pause has been refused. */
export interface InteractionRecordingPauseFailure {
  readonly command: "interaction.recording.pause" | "interaction.request.recording.pause";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Go on with a paused recording. */
export interface InteractionRecordingResumeRequest {
  readonly command: "interaction.recording.resume" | "interaction.request.recording.resume";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** interaction.recording.resume has been done. */
export interface InteractionRecordingResumeSuccess {
  readonly command: "interaction.recording.resume" | "interaction.request.recording.resume";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.recording.resume has been refused. */
export interface InteractionRecordingResumeFailure {
  readonly command: "interaction.recording.resume" | "interaction.request.recording.resume";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Give a chat, an email or a callback to a queue or to another agent. */
export interface InteractionTransferRequest {
  readonly command: "interaction.transfer" | "interaction.request.transfer";
  readonly target: Target;
  readonly data: TransferMedia;
  readonly requestid?: RequestId;
}

/** interaction.transfer has been done. */
export interface InteractionTransferSuccess {
  readonly command: "interaction.transfer" | "interaction.request.transfer";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.transfer has been refused. */
export interface InteractionTransferFailure {
  readonly command: "interaction.transfer" | "interaction.request.transfer";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Write to the contact. */
export interface InteractionMessageSendRequest {
  readonly command: "interaction.message.send" | "interaction.request.message.send";
  readonly target: Target;
  readonly data: SendText;
  readonly requestid?: RequestId;
}

/** interaction.message.send has been done. */
export interface InteractionMessageSendSuccess {
  readonly command: "interaction.message.send" | "interaction.request.message.send";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.message.send has been refused. */
export interface InteractionMessageSendFailure {
  readonly command: "interaction.message.send" | "interaction.request.message.send";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Let the customer know that the agent is typing. */
export interface InteractionTypingStartRequest {
  readonly command: "interaction.typing.start" | "interaction.request.typing.start";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** interaction.typing.start has been done. */
export interface InteractionTypingStartSuccess {
  readonly command: "interaction.typing.start" | "interaction.request.typing.start";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.typing.start has been refused. */
export interface InteractionTypingStartFailure {
  readonly command: "interaction.typing.start" | "interaction.request.typing.start";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Let the customer know that the agent is typing no longer. */
export interface InteractionTypingStopRequest {
  readonly command: "interaction.typing.stop" | "interaction.request.typing.stop";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** interaction.typing.stop has been done. */
export interface InteractionTypingStopSuccess {
  readonly command: "interaction.typing.stop" | "interaction.request.typing.stop";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.typing.stop has been refused. */
export interface InteractionTypingStopFailure {
  readonly command: "interaction.typing.stop" | "interaction.request.typing.stop";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Offer the customer a file. */
export interface InteractionFileSendRequest {
  readonly command: "interaction.file.send" | "interaction.request.file.send";
  readonly target: Target;
  readonly data: SendFile;
  readonly requestid?: RequestId;
}

/** interaction.file.send has been done. */
export interface InteractionFileSendSuccess {
  readonly command: "interaction.file.send" | "interaction.request.file.send";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.file.send has been refused. */
export interface InteractionFileSendFailure {
  readonly command: "interaction.file.send" | "interaction.request.file.send";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Have the customer's side show a web page. */
export interface InteractionUrlPushRequest {
  readonly command: "interaction.url.push" | "interaction.request.url.push";
  readonly target: Target;
  readonly data: PushUrl;
  readonly requestid?: RequestId;
}

/** interaction.url.push has been done. */
export interface InteractionUrlPushSuccess {
  readonly command: "interaction.url.push" | "interaction.request.url.push";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.url.push has been refused. */
export interface InteractionUrlPushFailure {
  readonly command: "interaction.url.push" | "interaction.request.url.push";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Have the customer fill in a form. */
export interface InteractionFormShowRequest {
  readonly command: "interaction.form.show" | "interaction.request.form.show";
  readonly target: Target;
  readonly data: ShowForm;
  readonly requestid?: RequestId;
}

/** interaction.form.show has been done. */
export interface InteractionFormShowSuccess {
  readonly command: "interaction.form.show" | "interaction.request.form.show";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.form.show has been refused. */
export interface InteractionFormShowFailure {
  readonly command: "interaction.form.show" | "interaction.request.form.show";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Ask the customer for a picture of the page. */
export interface InteractionScreenshotRequestRequest {
  readonly command: "interaction.screenshot.request" | "interaction.request.screenshot.request";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** interaction.screenshot.request has been done. */
export interface InteractionScreenshotRequestSuccess {
  readonly command: "interaction.screenshot.request" | "interaction.request.screenshot.request";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.screenshot.request has been refused. */
export interface InteractionScreenshotRequestFailure {
  readonly command: "interaction.screenshot.request" | "interaction.request.screenshot.request";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Pass a signal to the customer's application. */
export interface InteractionSignalSendRequest {
  readonly command: "interaction.signal.send" | "interaction.request.signal.send";
  readonly target: Target;
  readonly data: SendSignal;
  readonly requestid?: RequestId;
}

/** interaction.signal.send has been done. */
export interface InteractionSignalSendSuccess {
  readonly command: "interaction.signal.send" | "interaction.request.signal.send";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.signal.send has been refused. */
export interface InteractionSignalSendFailure {
  readonly command: "interaction.signal.send" | "interaction.request.signal.send";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Answer an email, which ends it. */
export interface InteractionReplyRequest {
  readonly command: "interaction.reply" | "interaction.request.reply";
  readonly target: Target;
  readonly data: Reply;
  readonly requestid?: RequestId;
}

/** interaction.reply has been done. */
export interface InteractionReplySuccess {
  readonly command: "interaction.reply" | "interaction.request.reply";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** interaction.reply has been refused. */
export interface InteractionReplyFailure {
  readonly command: "interaction.reply" | "interaction.request.reply";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Answer the call. */
export interface ConversationAnswerRequest {
  readonly command: "conversation.answer" | "conversation.request.answer";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** conversation.answer has been done. */
export interface ConversationAnswerSuccess {
  readonly command: "conversation.answer" | "conversation.request.answer";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** conversation.answer has been refused. */
export interface ConversationAnswerFailure {
  readonly command: "conversation.answer" | "conversation.request.answer";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Put the far end on hold. */
export interface ConversationHoldRequest {
  readonly command: "conversation.hold" | "conversation.request.hold";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** conversation.hold has been done. */
export interface ConversationHoldSuccess {
  readonly command: "conversation.hold" | "conversation.request.hold";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** conversation.hold has been refused. */
export interface ConversationHoldFailure {
  readonly command: "conversation.hold" | "conversation.request.hold";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Take the far end back from hold. */
export interface ConversationRetrieveRequest {
  readonly command: "conversation.retrieve" | "conversation.request.retrieve";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** conversation.retrieve has been done. */
export interface ConversationRetrieveSuccess {
  readonly command: "conversation.retrieve" | "conversation.request.retrieve";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** conversation.retrieve has been refused. */
export interface ConversationRetrieveFailure {
  readonly command: "conversation.retrieve" | "conversation.request.retrieve";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Hang up; where it is the last conversation, the interaction ends. */
export interface ConversationReleaseRequest {
  readonly command: "conversation.release" | "conversation.request.release";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** conversation.release has been done. */
export interface ConversationReleaseSuccess {
  readonly command: "conversation.release" | "conversation.request.release";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** conversation.release has been refused. */
export interface ConversationReleaseFailure {
  readonly command: "conversation.release" | "conversation.request.release";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Send the far end on to a destination, whoever answers there. */
export interface ConversationBlindtransferRequest {
  readonly command: "conversation.blindtransfer" | "conversation.request.blindtransfer";
  readonly target: Target;
  readonly data: Destination;
  readonly requestid?: RequestId;
}

/** conversation.blindtransfer has been done. */
export interface ConversationBlindtransferSuccess {
  readonly command: "conversation.blindtransfer" | "conversation.request.blindtransfer";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** conversation.blindtransfer has been refused. */
export interface ConversationBlindtransferFailure {
  readonly command: "conversation.blindtransfer" | "conversation.request.blindtransfer";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Take a destination into the conversation, whoever answers there. */
export interface ConversationBlindconferenceRequest {
  readonly command: "conversation.blindconference" | "conversation.request.blindconference";
  readonly target: Target;
  readonly data: Destination;
  readonly requestid?: RequestId;
}

/** conversation.blindconference has been done. */
export interface ConversationBlindconferenceSuccess {
  readonly command: "conversation.blindconference" | "conversation.request.blindconference";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** conversation.blindconference has been refused. */
export interface ConversationBlindconferenceFailure {
  readonly command: "conversation.blindconference" | "conversation.request.blindconference";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Send DTMF tones to the far end. */
export interface ConversationSenddtmfRequest {
  readonly command: "conversation.senddtmf" | "conversation.request.senddtmf";
  readonly target: Target;
  readonly data: SendDtmf;
  readonly requestid?: RequestId;
}

/** conversation.senddtmf has been done. */
export interface ConversationSenddtmfSuccess {
  readonly command: "conversation.senddtmf" | "conversation.request.senddtmf";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** conversation.senddtmf has been refused. */
export interface ConversationSenddtmfFailure {
  readonly command: "conversation.senddtmf" | "conversation.request.senddtmf";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Become a supervisor on this connection. */
export interface SupervisorLoginRequest {
  readonly command: "supervisor.login" | "supervisor.request.login";
  readonly target?: Target;
  readonly data: SupervisorLogin;
  readonly requestid?: RequestId;
}

/** supervisor.login has been done. */
export interface SupervisorLoginSuccess {
  readonly command: "supervisor.login" | "supervisor.request.login";
  readonly target?: Target;
  readonly result: "success";
  readonly data: SupervisorLoggedIn;
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** supervisor.login has been refused. */
export interface SupervisorLoginFailure {
  readonly command: "supervisor.login" | "supervisor.request.login";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** Be a supervisor on this connection no longer. */
export interface SupervisorLogoutRequest {
  readonly command: "supervisor.logout" | "supervisor.request.logout";
  readonly target?: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** supervisor.logout has been done. */
export interface SupervisorLogoutSuccess {
  readonly command: "supervisor.logout" | "supervisor.request.logout";
  readonly target?: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** supervisor.logout has been refused. */
export interface SupervisorLogoutFailure {
  readonly command: "supervisor.logout" | "supervisor.request.logout";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** Ask for the sessions of the team. */
export interface SupervisorListRequest {
  readonly command: "supervisor.list" | "supervisor.request.list";
  readonly target?: Target;
  readonly data?: ListSessions;
  readonly requestid?: RequestId;
}

/** supervisor.list has been done. */
export interface SupervisorListSuccess {
  readonly command: "supervisor.list" | "supervisor.request.list";
  readonly target?: Target;
  readonly result: "success";
  readonly data: SessionList;
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** supervisor.list has been refused. */
export interface SupervisorListFailure {
  readonly command: "supervisor.list" | "supervisor.request.list";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** See all messages of a session from now on. */
export interface SupervisorWatchRequest {
  readonly command: "supervisor.watch" | "supervisor.request.watch";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** supervisor.watch has been done. */
export interface SupervisorWatchSuccess {
  readonly command: "supervisor.watch" | "supervisor.request.watch";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** supervisor.watch has been refused. */
export interface SupervisorWatchFailure {
  readonly command: "supervisor.watch" | "supervisor.request.watch";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** See the messages of a session no longer. */
export interface SupervisorUnwatchRequest {
  readonly command: "supervisor.unwatch" | "supervisor.request.unwatch";
  readonly target: Target;
  readonly data?: NoData;
  readonly requestid?: RequestId;
}

/** supervisor.unwatch has been done. */
export interface SupervisorUnwatchSuccess {
  readonly command: "supervisor.unwatch" | "supervisor.request.unwatch";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** supervisor.unwatch has been refused. */
export interface SupervisorUnwatchFailure {
  readonly command: "supervisor.unwatch" | "supervisor.request.unwatch";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** Make a channel of an agent ready or not ready. */
export interface SupervisorSetagentstateRequest {
  readonly command: "supervisor.setagentstate" | "supervisor.request.setagentstate";
  readonly target: Target;
  readonly data: OrderAgentState;
  readonly requestid?: RequestId;
}

/** supervisor.setagentstate has been done. */
export interface SupervisorSetagentstateSuccess {
  readonly command: "supervisor.setagentstate" | "supervisor.request.setagentstate";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** supervisor.setagentstate has been refused. */
export interface SupervisorSetagentstateFailure {
  readonly command: "supervisor.setagentstate" | "supervisor.request.setagentstate";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** Log an agent out, which ends the session. */
export interface SupervisorLogoutagentRequest {
  readonly command: "supervisor.logoutagent" | "supervisor.request.logoutagent";
  readonly target: Target;
  readonly data: OrderLogout;
  readonly requestid?: RequestId;
}

/** supervisor.logoutagent has been done. */
export interface SupervisorLogoutagentSuccess {
  readonly command: "supervisor.logoutagent" | "supervisor.request.logoutagent";
  readonly target: Target;
  readonly result: "success";
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** supervisor.logoutagent has been refused. */
export interface SupervisorLogoutagentFailure {
  readonly command: "supervisor.logoutagent" | "supervisor.request.logoutagent";
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly context?: Context;
}

/** A message that is no request, or names no command there is, is refused. */
export interface Failure {
  readonly command?: string;
  readonly target?: Target;
  readonly result: "failure";
  readonly failure: FailureInfo;
  readonly original: unknown;
  readonly requestid?: RequestId;
  readonly seq?: Seq;
  readonly context?: Context;
}

/** Commands have become open to the target, or closed. */
export interface StateUpdatedEvent {
  readonly name: "state.updated";
  readonly target: Target;
  readonly data: ReadonlyArray<CapabilityChange>;
  readonly state: StateInfo;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The session has told of all that exists. */
export interface SessionInitializedEvent {
  readonly name: "session.initialized";
  readonly target: Target;
  readonly data: SessionInitialized;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The session has ended without being asked to. */
export interface SessionDisposedEvent {
  readonly name: "session.disposed";
  readonly target: Target;
  readonly data: SessionDisposed;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** Another connection has bound the session. */
export interface SessionUnboundEvent {
  readonly name: "session.unbound";
  readonly target: Target;
  readonly data: SessionUnbound;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly context?: Context;
}

/** The platform's not-ready reasons. */
export interface SessionExternalnotreadyreasonsUpdatedEvent {
  readonly name: "session.externalnotreadyreasons.updated";
  readonly target: Target;
  readonly data: ReasonsUpdated;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The platform's logout reasons. */
export interface SessionExternallogoutreasonsUpdatedEvent {
  readonly name: "session.externallogoutreasons.updated";
  readonly target: Target;
  readonly data: ReasonsUpdated;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** There is a channel group; its channels follow. */
export interface ChannelgroupCreatedEvent {
  readonly name: "channelgroup.created";
  readonly target: Target;
  readonly data: ChannelGroupChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The channel group has been told of, with all its channels. */
export interface ChannelgroupInitializedEvent {
  readonly name: "channelgroup.initialized";
  readonly target: Target;
  readonly data: ChannelGroupChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The channel group is another than before. */
export interface ChannelgroupInfochangedEvent {
  readonly name: "channelgroup.infochanged";
  readonly target: Target;
  readonly data: ChannelGroupChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The channel group is gone. */
export interface ChannelgroupDisposedEvent {
  readonly name: "channelgroup.disposed";
  readonly target: Target;
  readonly data: ChannelGroupDisposed;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** There is a channel; what it is engaged in follows. */
export interface ChannelCreatedEvent {
  readonly name: "channel.created";
  readonly target: Target;
  readonly data: ChannelChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The channel has been told of, with all that it is engaged in. */
export interface ChannelInitializedEvent {
  readonly name: "channel.initialized";
  readonly target: Target;
  readonly data: ChannelChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The channel is another than before, mostly in its states. */
export interface ChannelInfochangedEvent {
  readonly name: "channel.infochanged";
  readonly target: Target;
  readonly data: ChannelChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The channel is gone. */
export interface ChannelDisposedEvent {
  readonly name: "channel.disposed";
  readonly target: Target;
  readonly data: ChannelDisposed;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The dispositions of the channel. */
export interface ChannelExternaldispositionsUpdatedEvent {
  readonly name: "channel.externaldispositions.updated";
  readonly target: Target;
  readonly data: DispositionsUpdated;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The channel is engaged in something; the conversations of a call follow. */
export interface InteractionCreatedEvent {
  readonly name: "interaction.created";
  readonly target: Target;
  readonly data: InteractionChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The interaction has been told of, with all its conversations. */
export interface InteractionInitializedEvent {
  readonly name: "interaction.initialized";
  readonly target: Target;
  readonly data: InteractionChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The interaction is another than before: it has become about another contact. */
export interface InteractionInfochangedEvent {
  readonly name: "interaction.infochanged";
  readonly target: Target;
  readonly data: InteractionChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** What is offered, or dialled: what is known of it before it starts. */
export interface InteractionPreviewEvent {
  readonly name: "interaction.preview";
  readonly target: Target;
  readonly data: InteractionPreview;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The attached data, which have changed. */
export interface InteractionDatachangedEvent {
  readonly name: "interaction.datachanged";
  readonly target: Target;
  readonly data: DataChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The interaction is under way: answered, or accepted. */
export interface InteractionStartedEvent {
  readonly name: "interaction.started";
  readonly target: Target;
  readonly data: InteractionStarted;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The agent talks in another conversation, or one beside it has come or gone. */
export interface InteractionFocuschangedEvent {
  readonly name: "interaction.focuschanged";
  readonly target: Target;
  readonly data: InteractionChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The interaction is over for the agent, but for the wrap-up. */
export interface InteractionEndedEvent {
  readonly name: "interaction.ended";
  readonly target: Target;
  readonly data: InteractionEnded;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** Nothing is left to do. */
export interface InteractionCompletedEvent {
  readonly name: "interaction.completed";
  readonly target: Target;
  readonly data: InteractionCompleted;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The interaction is gone. */
export interface InteractionDisposedEvent {
  readonly name: "interaction.disposed";
  readonly target: Target;
  readonly data: InteractionDisposed;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** A message was written, by whomever. */
export interface InteractionMessageAddedEvent {
  readonly name: "interaction.message.added";
  readonly target: Target;
  readonly data: MessageAdded;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** A party has begun to type. */
export interface InteractionTypingStartedEvent {
  readonly name: "interaction.typing.started";
  readonly target: Target;
  readonly data: PartyEvent;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** A party types no longer. */
export interface InteractionTypingStoppedEvent {
  readonly name: "interaction.typing.stopped";
  readonly target: Target;
  readonly data: PartyEvent;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** A party has put in a file. */
export interface InteractionFileAddedEvent {
  readonly name: "interaction.file.added";
  readonly target: Target;
  readonly data: FileAdded;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The customer has filled in a form. */
export interface InteractionFormSubmittedEvent {
  readonly name: "interaction.form.submitted";
  readonly target: Target;
  readonly data: FormFilled;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The customer has let the agent have a picture of the page. */
export interface InteractionScreenshotAcceptedEvent {
  readonly name: "interaction.screenshot.accepted";
  readonly target: Target;
  readonly data: Screenshot;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The customer has refused a picture of the page. */
export interface InteractionScreenshotRejectedEvent {
  readonly name: "interaction.screenshot.rejected";
  readonly target: Target;
  readonly data: Screenshot;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The customer's application has sent a signal. */
export interface InteractionSignalReceivedEvent {
  readonly name: "interaction.signal.received";
  readonly target: Target;
  readonly data: Signal;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** A party takes part from now on. */
export interface InteractionPartyJoinedEvent {
  readonly name: "interaction.party.joined";
  readonly target: Target;
  readonly data: PartyEvent;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** A party takes part no longer. */
export interface InteractionPartyLeftEvent {
  readonly name: "interaction.party.left";
  readonly target: Target;
  readonly data: PartyEvent;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** There is a conversation; its members follow. */
export interface ConversationCreatedEvent {
  readonly name: "conversation.created";
  readonly target: Target;
  readonly data: ConversationChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The conversation has been told of, with all its members. */
export interface ConversationInitializedEvent {
  readonly name: "conversation.initialized";
  readonly target: Target;
  readonly data: ConversationChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The conversation is another than before: a consult has become the primary. */
export interface ConversationInfochangedEvent {
  readonly name: "conversation.infochanged";
  readonly target: Target;
  readonly data: ConversationChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** Somebody has come to the far end. */
export interface ConversationMemberAddedEvent {
  readonly name: "conversation.member.added";
  readonly target: Target;
  readonly data: MemberChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** Somebody has left the far end. */
export interface ConversationMemberRemovedEvent {
  readonly name: "conversation.member.removed";
  readonly target: Target;
  readonly data: MemberChanged;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The conversation is gone. */
export interface ConversationDisposedEvent {
  readonly name: "conversation.disposed";
  readonly target: Target;
  readonly data: ConversationDisposed;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly seq: Seq;
  readonly context?: Context;
}

/** What there is of a session where a watch begins. */
export interface SupervisorSnapshotEvent {
  readonly name: "supervisor.snapshot";
  readonly target: Target;
  readonly data: SupervisorSnapshot;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly context?: Context;
}

/** A message of a session that is watched. */
export interface SupervisorMessageEvent {
  readonly name: "supervisor.message";
  readonly target: Target;
  readonly data: SupervisorMessage;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly context?: Context;
}

/** A session that was watched has ended. */
export interface SupervisorUnwatchedEvent {
  readonly name: "supervisor.unwatched";
  readonly target: Target;
  readonly data: SupervisorUnwatched;
  readonly cause?: RequestId;
  readonly by?: By;
  readonly context?: Context;
}

/** Ask for a session of one agent. `channelgroups` names groups to add when the session starts. */
export interface PrepareSession {
  readonly override: boolean;
  readonly agent: Credentials;
  /** text of 1 to 128 characters */
  readonly model?: string;
  readonly channelgroups?: ReadonlyArray<string>;
}

export interface Credentials {
  /** text of 1 to 128 characters */
  readonly id: string;
  /** text of 1 to 1024 characters */
  readonly password?: string;
}

export interface BindSession {
  readonly resume?: Resume;
}

/** Where the client stands: the last `seq` that it saw in `epoch`, and the right to go on from there. */
export interface Resume {
  /** text of 1 to 1024 characters */
  readonly token: string;
  /** a whole number from 0 to 9007199254740991 */
  readonly epoch: number;
  /** a whole number from 0 to 9007199254740991 */
  readonly seq: number;
}

/** The command takes no properties. */
export type NoData = Readonly<Record<string, unknown>>;

/** `extension`: the phone the agent sits at today, where the platform knows several. */
export interface SessionStart {
  /** text of 1 to 128 characters */
  readonly extension?: string;
}

export interface SessionLogout {
  readonly reason?: Reason;
}

/** A code of the platform's list. */
export interface Reason {
  /** text of 1 to 128 characters */
  readonly code: string;
}

export interface AddChannel {
  readonly channel: NewChannel;
}

export interface NewChannel {
  /** text of 1 to 128 characters */
  readonly endpoint: string;
  /** one of Telephony, Chat, Email, Callback (in any case) */
  readonly type: string;
}

/** Names one channel by its id: session.removechannel. */
export interface ChannelCommand {
  readonly channel: ObjectRef;
}

export interface ObjectRef {
  /** an id of letters, digits, _ and - */
  readonly id: string;
}

export interface AddChannelGroup {
  readonly channelgroup: NewChannelGroup;
}

/** `chat`, `email`, `callback`: which media channels the agent wants from the group. */
export interface NewChannelGroup {
  /** text of 1 to 128 characters */
  readonly name: string;
  readonly chat: boolean;
  readonly email: boolean;
  readonly callback: boolean;
}

/** Names one group by its id. `channel` is taken for `channelgroup`, as older documents spell it. */
export type RemoveChannelGroup = {
    readonly channelgroup: ObjectRef;
  }
  | {
    readonly channel: ObjectRef;
  };

/** `options` are the platform's own and are passed through to it. */
export interface GroupChannelLogin {
  readonly channel: ObjectRef;
  readonly options?: Readonly<Record<string, string>>;
}

export interface NotReady {
  readonly reason?: Reason;
}

/** `options` are the platform's own and are passed through to it. */
export interface ChannelLogin {
  readonly options?: Readonly<Record<string, string>>;
}

/** `extensions` are the platform's own additions to the call, passed through to it. */
export interface Dial {
  /** text of 1 to 128 characters */
  readonly destination: string;
  readonly extensions?: Readonly<Record<string, string>>;
}

export interface Reject {
  readonly reason?: Reason;
}

export interface Complete {
  readonly disposition?: NewDisposition;
}

/** How the agent sums the interaction up: a code of the channel's dispositions, and a free note. */
export interface NewDisposition {
  /** text of 1 to 128 characters */
  readonly code: string;
  /** text of at most 4096 characters */
  readonly note?: string;
}

/** The keys that are wanted; left out, all. */
export interface GetData {
  readonly keys?: ReadonlyArray<string>;
}

/** A text, or one level of texts by name, for each key; null removes the key. */
export interface SetData {
  readonly interactiondata: Readonly<Record<string, string | Readonly<Record<string, string>> | null>>;
}

/** An extension, a queue, or an outside number, as the platform dials it. */
export interface Destination {
  /** text of 1 to 128 characters */
  readonly destination: string;
}

/** To a queue or to an agent: exactly one of the two. `note` is for whoever takes it. */
export type TransferMedia = {
  /** text of 1 to 128 characters */
  readonly queue?: string;
  /** text of 1 to 128 characters */
  readonly agent?: string;
  /** text of at most 4096 characters */
  readonly note?: string;
} & ({ readonly queue: string; readonly agent?: never } | { readonly agent: string; readonly queue?: never });

export interface SendText {
  /** text of 1 to 32768 characters */
  readonly text: string;
}

export interface SendFile {
  readonly file: NewFile;
}

/** Where the customer's side can fetch the file. `size` in bytes. */
export interface NewFile {
  /** text of 1 to 128 characters */
  readonly name: string;
  /** an http or https URL */
  readonly url: string;
  /** text of 1 to 128 characters */
  readonly type?: string;
  /** a whole number from 0 to 9007199254740991 */
  readonly size?: number;
}

export interface PushUrl {
  /** an http or https URL */
  readonly url: string;
  /** text of 1 to 128 characters */
  readonly title?: string;
}

export interface ShowForm {
  readonly form: NewForm;
}

/** `fields` are the labels of what is asked, by name. */
export interface NewForm {
  /** text of 1 to 128 characters */
  readonly id: string;
  /** text of 1 to 128 characters */
  readonly title?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

export interface SendSignal {
  readonly signal: NewSignal;
}

/** What the two applications make of `data` is their own affair. */
export interface NewSignal {
  /** text of 1 to 128 characters */
  readonly name: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** The answer to an email. Left out, `subject` is that of the email. */
export interface Reply {
  /** text of 1 to 32768 characters */
  readonly text: string;
  /** text of at most 4096 characters */
  readonly subject?: string;
  readonly attachments?: ReadonlyArray<NewAttachment>;
}

/** Where the attachment can be fetched. */
export interface NewAttachment {
  /** text of 1 to 128 characters */
  readonly name: string;
  /** an http or https URL */
  readonly url: string;
}

export interface SendDtmf {
  /** 1 to 32 of the digits 0-9 * # A-D */
  readonly digits: string;
}

export interface SupervisorLogin {
  readonly supervisor: SupervisorCredentials;
}

export interface SupervisorCredentials {
  /** text of 1 to 128 characters */
  readonly id: string;
  /** text of 1 to 1024 characters */
  readonly password: string;
}

/** `after`: the agent id of the last session that was listed, to be told of those behind it. */
export interface ListSessions {
  /** text of 1 to 128 characters */
  readonly after?: string;
}

/** `reason` goes with NOTREADY alone. `why` is told to the agent. */
export interface OrderAgentState {
  readonly channel: ObjectRef;
  /** one of NOTREADY, READY */
  readonly agentstate: string;
  /** text of 1 to 256 characters */
  readonly why: string;
  readonly reason?: Reason;
}

/** `reason` is a code of the platform's logout reasons. `why` is told to the agent. */
export interface OrderLogout {
  /** text of 1 to 256 characters */
  readonly why: string;
  readonly reason?: Reason;
}

/** `resumetoken` is the right to bind the session from any connection: keep it secret. */
export interface Prepared {
  readonly session: PreparedSession;
  readonly resumetoken: string;
}

export interface PreparedSession {
  readonly id: string;
}

/** `seq` is that of the last message before the binding: the next one carries `seq` + 1, unless RESUMED has it begin earlier, right after the client's own cursor. */
export interface Bound {
  readonly session: BoundSession;
  /** a whole number from 0 to 9007199254740991 */
  readonly epoch: number;
  /** a whole number from 0 to 9007199254740991 */
  readonly seq: number;
  readonly outcome: BindOutcome;
}

export interface BoundSession {
  readonly id: string;
  readonly state: SessionState;
}

export type SessionState = "DISPOSED" | "INITIALIZED" | "INITIALIZING" | "LOGGINGOUT" | "PREPARED";

/** NEW: nothing was sent before. RESUMED: what was missed follows. RESET: send session.start again. */
export type BindOutcome = "NEW" | "RESET" | "RESUMED";

export interface Directory {
  readonly entries: ReadonlyArray<DirectoryEntryInfo>;
}

export interface DirectoryEntryInfo {
  readonly name: string;
  readonly number: string;
  readonly type: string;
}

/** The channels of the group after an all-channel operation; joins the echo of the request's data. */
export interface ChannelStates {
  readonly channels: ReadonlyArray<ChannelStateInfo>;
}

export interface ChannelStateInfo {
  readonly id: string;
  readonly loginstate: LoginState;
  readonly agentstate?: AgentState;
}

/** Is the agent logged in at the endpoint? UNAVAILABLE: another agent holds it. */
export type LoginState = "ACTIVE" | "INACTIVE" | "UNAVAILABLE";

/** The ACD state of an ACTIVE channel. WORK is after-call work (wrap-up). */
export type AgentState = "NOTREADY" | "READY" | "WORK";

/** Those keys of the attached data that were asked for and are there, or all. */
export interface InteractionData {
  readonly interactiondata: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

/** `team`: the ids of the agents whose sessions the supervisor may see; left out, all. */
export interface SupervisorLoggedIn {
  readonly supervisor: SupervisorInfo;
  readonly team?: ReadonlyArray<string>;
}

export interface SupervisorInfo {
  readonly id: string;
  readonly name: string;
}

/** Sessions of the team, in the order of their agents' ids. `more`: there are others behind the last one. */
export interface SessionList {
  readonly sessions: ReadonlyArray<WatchedSession>;
  readonly more: boolean;
}

/** A session in short; its channels are known while it is INITIALIZED. `since` is when it was prepared, in UTC as RFC 3339 writes it. Until the platform has told the agent's name, the id is the name. */
export interface WatchedSession {
  readonly id: string;
  readonly agent: AgentInfo;
  readonly state: SessionState;
  readonly channels: ReadonlyArray<WatchedChannel>;
  readonly since: string;
}

export interface AgentInfo {
  readonly id: string;
  readonly name: string;
}

/** A channel in short. `interactions` is how many are not completed there. */
export interface WatchedChannel {
  readonly id: string;
  readonly endpoint: string;
  readonly type: ChannelType;
  readonly loginstate: LoginState;
  /** a whole number from 0 to 9007199254740991 */
  readonly interactions: number;
  readonly agentstate?: AgentState;
  readonly reason?: ReasonInfo;
  readonly pendingagentstate?: AgentState;
}

export type ChannelType = "CALLBACK" | "CHAT" | "EMAIL" | "TELEPHONY";

export interface ReasonInfo {
  readonly code: string;
}

/** A command that has become open to the target, or closed. */
export interface CapabilityChange {
  readonly name: string;
  readonly type: Switch;
}

export type Switch = "disable" | "enable";

/** The initialization run is complete. Always its last event. */
export interface SessionInitialized {
  readonly session: SessionInfo;
}

/** `channels` are the ids of the standalone channels; a group's channels are listed by the group. `capabilities` are all that are open now; they stay as they are while the session is INITIALIZED. */
export interface SessionInfo {
  readonly id: string;
  readonly agent: AgentInfo;
  readonly channelgroups: ReadonlyArray<string>;
  readonly channels: ReadonlyArray<string>;
  readonly capabilities: ReadonlyArray<string>;
}

/** The session ended without being asked to; the last event of the session. */
export interface SessionDisposed {
  readonly cause: DisposalCause;
  readonly message: string;
}

/** Why a session ended without the agent asking for it. */
export type DisposalCause = "EXPIRED" | "INTERNAL_ERROR" | "PLATFORM_LOST" | "SUPERVISOR" | "TAKEOVER";

/** Another connection has bound the session: a notice to the one that lost it, outside the numbering. */
export interface SessionUnbound {
  readonly message: string;
}

/** The complete list, in the platform's order. */
export interface ReasonsUpdated {
  readonly reasons: ReadonlyArray<CodeInfo>;
}

/** A reason or disposition code, as the platform lists it. */
export interface CodeInfo {
  readonly code: string;
  readonly name: string;
}

export interface ChannelGroupChanged {
  readonly channelgroup: ChannelGroupInfo;
}

export interface ChannelGroupInfo {
  readonly id: string;
  readonly name: string;
  readonly channels: ReadonlyArray<string>;
}

/** The last event about this group. */
export interface ChannelGroupDisposed {
  readonly channelgroup: IdInfo;
}

export interface IdInfo {
  readonly id: string;
}

export interface ChannelChanged {
  readonly channel: ChannelInfo;
}

/** A channel, always whole. `agentstate` is there exactly while `loginstate` is ACTIVE. */
export interface ChannelInfo {
  readonly id: string;
  readonly name: string;
  readonly endpoint: string;
  readonly type: ChannelType;
  readonly modeltype: ChannelType;
  readonly loginstate: LoginState;
  readonly interactions: ReadonlyArray<string>;
  readonly agentstate?: AgentState;
  readonly reason?: ReasonInfo;
  readonly pendingagentstate?: AgentState;
}

/** The last event about this channel. */
export interface ChannelDisposed {
  readonly channel: IdInfo;
}

/** The complete list, in the platform's order. */
export interface DispositionsUpdated {
  readonly dispositions: ReadonlyArray<CodeInfo>;
}

export interface InteractionChanged {
  readonly interaction: InteractionInfo;
}

/** An interaction, always whole. `contact` names the contact on the customer's side: it is the same in every session that the contact passes through. `type` is as people write it, `Telephony`, and `modeltype` has it in upper case. `focus` is the id of the conversation that the agent talks in. */
export interface InteractionInfo {
  readonly id: string;
  readonly contact: string;
  readonly type: string;
  readonly modeltype: ChannelType;
  readonly direction: Direction;
  readonly state: InteractionState;
  readonly focus?: string;
  readonly recording?: RecordingState;
}

/** Who began it, seen from the agent. */
export type Direction = "INBOUND" | "OUTBOUND";

/** ALERTING: offered. DIALING: dialled by the agent. STARTED: under way. ENDED: wrap-up is due. */
export type InteractionState = "ALERTING" | "COMPLETED" | "DIALING" | "ENDED" | "STARTED";

export type RecordingState = "PAUSED" | "RECORDING" | "STOPPED";

/** What is offered. `transcript` is what was said before the agent came, where there is any. */
export interface InteractionPreview {
  readonly interaction: InteractionInfo;
  readonly interactiondata: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly transcript?: ReadonlyArray<MessageInfo>;
}

/** `time` is UTC as RFC 3339 writes it, by the platform's clock. */
export interface MessageInfo {
  readonly id: string;
  readonly party: PartyInfo;
  readonly text: string;
  readonly time: string;
}

/** Somebody who takes part in a media interaction. */
export interface PartyInfo {
  readonly id: string;
  readonly name: string;
  readonly role: PartyRole;
}

/** Who a party of a media interaction is. SYSTEM speaks for the platform itself. */
export type PartyRole = "AGENT" | "CUSTOMER" | "SUPERVISOR" | "SYSTEM";

/** The whole attached data, and which keys are new, other or gone. */
export interface DataChanged {
  readonly interactiondata: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly changed: ReadonlyArray<string>;
}

/** It is under way. `transcript`, on one that was under way before the session, is what has been said. */
export interface InteractionStarted {
  readonly interaction: InteractionInfo;
  readonly transcript?: ReadonlyArray<MessageInfo>;
}

/** `wrapup`: is after-call work due? Then the interaction waits for interaction.complete, or for the timer. */
export interface InteractionEnded {
  readonly interaction: InteractionInfo;
  readonly cause: EndCause;
  readonly wrapup: boolean;
}

/** Why an interaction ended for the agent. Every end has exactly one cause. RELEASED: by the agent. REMOTE: by the contact, after it had started. TRANSFERRED: the contact went on to somebody else. REJECTED: by the agent, unanswered. ABANDONED: by the contact, unanswered. NOANSWER: nobody answered in time. BUSY: the dialled party was. FAILED: anything else. */
export type EndCause = "ABANDONED" | "BUSY" | "FAILED" | "NOANSWER" | "REJECTED" | "RELEASED" | "REMOTE" | "TRANSFERRED";

export interface InteractionCompleted {
  readonly interaction: InteractionInfo;
  readonly disposition?: DispositionInfo;
}

/** How the agent summed it up. */
export interface DispositionInfo {
  readonly code: string;
  readonly note?: string;
}

/** The last event about this interaction. */
export interface InteractionDisposed {
  readonly interaction: IdInfo;
}

export interface MessageAdded {
  readonly message: MessageInfo;
}

/** A party began or stopped typing, joined or left: the event's name says which. */
export interface PartyEvent {
  readonly party: PartyInfo;
}

export interface FileAdded {
  readonly party: PartyInfo;
  readonly file: FileInfo;
}

/** Where the file can be fetched. `size` in bytes. */
export interface FileInfo {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly type?: string;
  /** a whole number from 0 to 9007199254740991 */
  readonly size?: number;
}

export interface FormFilled {
  readonly party: PartyInfo;
  readonly form: FormInfo;
}

/** A form as it was filled in: what was entered, by the name of the field. */
export interface FormInfo {
  readonly id: string;
  readonly values: Readonly<Record<string, string>>;
}

/** The answer to a request for a screenshot; accepted, it lies at `url`. */
export interface Screenshot {
  readonly party: PartyInfo;
  readonly screenshot: ScreenshotInfo;
}

/** A picture of the customer's page. */
export interface ScreenshotInfo {
  readonly id: string;
  readonly url?: string;
}

export interface Signal {
  readonly party: PartyInfo;
  readonly signal: SignalInfo;
}

/** What the two applications make of `data` is their own affair. */
export interface SignalInfo {
  readonly id: string;
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
}

export interface ConversationChanged {
  readonly conversation: ConversationInfo;
}

/** One leg of a call, always whole. */
export interface ConversationInfo {
  readonly id: string;
  readonly type: ConversationType;
  readonly state: ConversationState;
  readonly direction: Direction;
  readonly members: ReadonlyArray<MemberInfo>;
}

/** The leg to the contact, or the leg to a colleague who is asked meanwhile. */
export type ConversationType = "CONSULT" | "PRIMARY";

/** The CSTA connection state of one leg, as the agent's phone has it. */
export type ConversationState = "ALERTING" | "CONNECTED" | "DIALING" | "ENDED" | "HELD";

/** Somebody at the far end; the agent is no member. The id is the same in every session. */
export interface MemberInfo {
  readonly id: string;
  readonly address: string;
  readonly name?: string;
}

/** A member was added or removed: the event's name says which. */
export interface MemberChanged {
  readonly member: MemberInfo;
}

/** The last event about this conversation. */
export interface ConversationDisposed {
  readonly conversation: IdInfo;
}

/** Where a watch begins: what there is after the message `seq`. Owners' lists come before those of what they own; all are empty while the session is not INITIALIZED. */
export interface SupervisorSnapshot {
  /** a whole number from 0 to 9007199254740991 */
  readonly seq: number;
  readonly session: PicturedSession;
  readonly channelgroups: ReadonlyArray<PicturedGroup>;
  readonly channels: ReadonlyArray<PicturedChannel>;
  readonly interactions: ReadonlyArray<PicturedInteraction>;
  readonly conversations: ReadonlyArray<PicturedConversation>;
}

/** `since` is when it was prepared, in UTC as RFC 3339 writes it. */
export interface PicturedSession {
  readonly id: string;
  readonly agent: AgentInfo;
  readonly state: SessionState;
  readonly since: string;
  readonly capabilities: ReadonlyArray<string>;
}

export interface PicturedGroup {
  readonly target: string;
  readonly channelgroup: ChannelGroupInfo;
  readonly capabilities: ReadonlyArray<string>;
}

export interface PicturedChannel {
  readonly target: string;
  readonly channel: ChannelInfo;
  readonly capabilities: ReadonlyArray<string>;
}

/** `transcript` is what was said before it came to the session; `cause` is there where it has ended. */
export interface PicturedInteraction {
  readonly target: string;
  readonly interaction: InteractionInfo;
  readonly interactiondata: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly capabilities: ReadonlyArray<string>;
  readonly transcript?: ReadonlyArray<MessageInfo>;
  readonly cause?: EndCause;
}

export interface PicturedConversation {
  readonly target: string;
  readonly conversation: ConversationInfo;
  readonly capabilities: ReadonlyArray<string>;
}

/** One message of the session, whole, as the agent's desktop got it. */
export interface SupervisorMessage {
  readonly message: Readonly<Record<string, unknown>>;
}

/** The session has ended, and the watch with it; the last event about this session. */
export interface SupervisorUnwatched {
  readonly message: string;
}

/** `channel` names the culprit of an all-channel operation; `context` is a stack trace, in debug mode. */
export interface FailureInfo {
  readonly code: FailureCode;
  readonly message: string;
  readonly channel?: IdInfo;
  readonly context?: string;
}

export type FailureCode = "ALREADY_BOUND" | "ALREADY_EXISTS" | "ALREADY_STARTED" | "AUTH_FAILED" | "CHANNEL_INACTIVE" | "CHANNEL_UNAVAILABLE" | "CONSULT_EXISTS" | "CONSULT_NOT_CONNECTED" | "DESTINATION_BUSY" | "FORBIDDEN" | "INTERACTION_ACTIVE" | "INTERNAL_ERROR" | "INVALID_DESTINATION" | "INVALID_REASON" | "INVALID_REQUEST" | "INVALID_STATE" | "INVALID_TARGET" | "NOT_ACCEPTING" | "NOT_AUTHENTICATED" | "NOT_BOUND" | "NOT_STARTED" | "NO_ANSWER" | "OVERLOADED" | "PLATFORM_ERROR" | "PLATFORM_UNAVAILABLE" | "REASON_REQUIRED" | "TIMEOUT" | "UNKNOWN_COMMAND" | "UNSUPPORTED";

/** The state fields of the object that a state.updated is about; those it does not have are left out. */
export interface StateInfo {
  readonly state?: string;
  readonly loginstate?: LoginState;
  readonly agentstate?: AgentState;
  readonly reason?: ReasonInfo;
  readonly pendingagentstate?: AgentState;
  readonly recording?: RecordingState;
}

/** Who brought an event about, where a supervisor did, and `why`, in that person's words. */
export interface By {
  readonly supervisor: SupervisorInfo;
  readonly why: string;
}

/** The path from a session to one of its objects: ids joined by dots. */
export type Target = string;

/** The client's own text for a request, of 1 to 128 characters. */
export type RequestId = string;

/** The number of the message in its session: 1, 2, 3 and so on, without gaps. */
export type Seq = number;

/** In debug mode: the addressed object, within its owners. */
export interface Context {
  readonly session?: ContextObject;
  readonly channelgroup?: ContextObject;
  readonly channel?: ContextObject;
  readonly interaction?: ContextObject;
  readonly conversation?: ContextObject;
}

/** An object, within the object that owns it. */
export interface ContextObject {
  readonly id: string;
  readonly name?: string;
  readonly type?: string;
  readonly modeltype?: string;
  readonly session?: ContextObject;
  readonly channelgroup?: ContextObject;
  readonly channel?: ContextObject;
  readonly interaction?: ContextObject;
  readonly conversation?: ContextObject;
}
