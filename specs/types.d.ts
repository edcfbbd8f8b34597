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
  | ChannelExternaldispositionsRequest;

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
  | ChannelExternaldispositionsUpdatedEvent;

/** One frame of the subprotocol agent-session-batch.v1. */
export type ClientBatch = ReadonlyArray<ClientMessage>;

/** One frame of the subprotocol agent-session-batch.v1. */
export type ServerBatch = ReadonlyArray<ServerMessage>;

/** The request prepareSession. */
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

/** The request bindSession. */
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

/** The request unbindSession. */
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

/** The request session.start. */
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

/** The request session.logout. */
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

/** The request session.addchannel. */
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

/** The request session.removechannel. */
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

/** The request session.addchannelgroup. */
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

/** The request session.removechannelgroup. */
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

/** The request session.request.getdirectory. */
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

/** The request session.request.externalnotreadyreasons. */
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

/** The request session.request.externallogoutreasons. */
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

/** The request channelgroup.activate. */
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

/** The request channelgroup.deactivate. */
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

/** The request channelgroup.activateall. */
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

/** The request channelgroup.deactivateall. */
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

/** The request channelgroup.ready. */
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

/** The request channelgroup.notready. */
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

/** The request channel.activate. */
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

/** The request channel.deactivate. */
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

/** The request channel.ready. */
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

/** The request channel.notready. */
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

/** The request channel.dial. */
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

/** The request channel.externaldispositions. */
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

/** The event state.updated. */
export interface StateUpdatedEvent {
  readonly name: "state.updated";
  readonly target: Target;
  readonly data: ReadonlyArray<CapabilityChange>;
  readonly state: StateInfo;
  readonly cause?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The event session.initialized. */
export interface SessionInitializedEvent {
  readonly name: "session.initialized";
  readonly target: Target;
  readonly data: SessionInitialized;
  readonly cause?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The event session.disposed. */
export interface SessionDisposedEvent {
  readonly name: "session.disposed";
  readonly target: Target;
  readonly data: SessionDisposed;
  readonly cause?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The event session.unbound. */
export interface SessionUnboundEvent {
  readonly name: "session.unbound";
  readonly target: Target;
  readonly data: SessionUnbound;
  readonly cause?: RequestId;
  readonly context?: Context;
}

/** The event session.externalnotreadyreasons.updated. */
export interface SessionExternalnotreadyreasonsUpdatedEvent {
  readonly name: "session.externalnotreadyreasons.updated";
  readonly target: Target;
  readonly data: ReasonsUpdated;
  readonly cause?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The event session.externallogoutreasons.updated. */
export interface SessionExternallogoutreasonsUpdatedEvent {
  readonly name: "session.externallogoutreasons.updated";
  readonly target: Target;
  readonly data: ReasonsUpdated;
  readonly cause?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The event channelgroup.created. */
export interface ChannelgroupCreatedEvent {
  readonly name: "channelgroup.created";
  readonly target: Target;
  readonly data: ChannelGroupChanged;
  readonly cause?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The event channelgroup.initialized. */
export interface ChannelgroupInitializedEvent {
  readonly name: "channelgroup.initialized";
  readonly target: Target;
  readonly data: ChannelGroupChanged;
  readonly cause?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The event channelgroup.infochanged. */
export interface ChannelgroupInfochangedEvent {
  readonly name: "channelgroup.infochanged";
  readonly target: Target;
  readonly data: ChannelGroupChanged;
  readonly cause?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The event channelgroup.disposed. */
export interface ChannelgroupDisposedEvent {
  readonly name: "channelgroup.disposed";
  readonly target: Target;
  readonly data: ChannelGroupDisposed;
  readonly cause?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The event channel.created. */
export interface ChannelCreatedEvent {
  readonly name: "channel.created";
  readonly target: Target;
  readonly data: ChannelChanged;
  readonly cause?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The event channel.initialized. */
export interface ChannelInitializedEvent {
  readonly name: "channel.initialized";
  readonly target: Target;
  readonly data: ChannelChanged;
  readonly cause?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The event channel.infochanged. */
export interface ChannelInfochangedEvent {
  readonly name: "channel.infochanged";
  readonly target: Target;
  readonly data: ChannelChanged;
  readonly cause?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The event channel.disposed. */
export interface ChannelDisposedEvent {
  readonly name: "channel.disposed";
  readonly target: Target;
  readonly data: ChannelDisposed;
  readonly cause?: RequestId;
  readonly seq: Seq;
  readonly context?: Context;
}

/** The event channel.externaldispositions.updated. */
export interface ChannelExternaldispositionsUpdatedEvent {
  readonly name: "channel.externaldispositions.updated";
  readonly target: Target;
  readonly data: DispositionsUpdated;
  readonly cause?: RequestId;
  readonly seq: Seq;
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

/** `capabilities` are all that are open now; they stay as they are while the session is INITIALIZED. */
export interface SessionInfo {
  readonly id: string;
  readonly agent: AgentInfo;
  readonly channelgroups: ReadonlyArray<string>;
  readonly channels: ReadonlyArray<string>;
  readonly capabilities: ReadonlyArray<string>;
}

export interface AgentInfo {
  readonly id: string;
  readonly name: string;
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

export type ChannelType = "CALLBACK" | "CHAT" | "EMAIL" | "TELEPHONY";

export interface ReasonInfo {
  readonly code: string;
}

/** The last event about this channel. */
export interface ChannelDisposed {
  readonly channel: IdInfo;
}

/** The complete list, in the platform's order. */
export interface DispositionsUpdated {
  readonly dispositions: ReadonlyArray<CodeInfo>;
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
