// A whole adapter program for the link of adapter-link.md: a tiny switch in memory, with telephony.
//
//   node tiny-switch.mjs ws://127.0.0.1:8790/adapter TOKEN
//
// Three parts, each of which you may take or leave: the switch (replace it by your own), the link (keep it as it is),
// and a WebSocket client of a hundred lines (take a library, if you use packages). Node.js 18 or later; no packages.

import {createHash, randomBytes} from "node:crypto";
import http from "node:http";
import https from "node:https";

// ---------------------------------------------------------------------------------------------------- the switch

const FEATURES = ["telephony", "dial", "hold", "reject"];
const PHONES = {ada: "4001", bob: "4002", cyd: "4003", dee: "4004"};

class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

const agents = new Map(Object.entries(PHONES).map(([id, phone]) => [id, {id, phone, channel: null, call: null}]));
const calls = new Map();  // by the id of the interaction, which is the same at both ends
let lastCall = 0;

const watched = new Set();  // whom the processor has started
let report = () => {};  // tells the processor; the link sets it

const at = (phone) => [...agents.values()].find((agent) => agent.phone === phone);

function agentOf(id) {
  const agent = agents.get(id);
  if (!agent) throw new Refused("INVALID_TARGET", `there is no agent ${id}; ask the switch's administrator`);
  return agent;
}

function channelAt(agent, endpoint) {
  if (agent.phone !== endpoint || !agent.channel) {
    throw new Refused("CHANNEL_UNAVAILABLE", `${endpoint} is not your phone; add the channel at ${agent.phone}`);
  }
  return agent.channel;
}

// What the processor is told: the whole channel, the whole interaction, each time.

function channelReport({phone, channel}) {
  const told = {endpoint: phone, type: "TELEPHONY", name: `Phone ${phone}`, loginstate: channel.loginstate};
  if (channel.loginstate === "ACTIVE") told.agentstate = channel.agentstate;
  if (channel.loginstate === "ACTIVE" && channel.reason) told.reason = channel.reason;
  return told;
}

function interactionReport(call, agent) {
  const end = call.ends.get(agent);
  const told = {endpoint: agent.phone, id: call.id, contact: call.id, type: "TELEPHONY", direction: end.direction};
  if (end.cause) return {...told, state: "COMPLETED", cause: end.cause};
  const legState = end.state === "STARTED" ? (end.held ? "HELD" : "CONNECTED") : end.state;
  const [far] = [...call.ends.keys()].filter((other) => other !== agent);
  const members = [{id: far.phone, address: far.phone, name: far.id}];
  return {...told, state: end.state, legs: [{id: call.id, state: legState, direction: end.direction, members}]};
}

function tellChannel(agent) {
  if (watched.has(agent.id)) report(agent.id, "ChannelReport", channelReport(agent));
  return channelReport(agent);
}

function tellCall(call, agent) {
  const told = interactionReport(call, agent);
  if (watched.has(agent.id)) report(agent.id, "InteractionReport", told);
  return told;
}

// What it can do

function setChannel(agent, change) {
  const before = JSON.stringify(agent.channel);
  Object.assign(agent.channel, change);
  return JSON.stringify(agent.channel) === before ? channelReport(agent) : tellChannel(agent);
}

function letGo(agent) {
  if (agent.call) hangUp(agent, "FAILED");
  if (agent.channel) setChannel(agent, {loginstate: "INACTIVE"});
  agent.channel = null;
}

function hangUp(agent, cause) {
  const call = agent.call;
  calls.delete(call.id);
  for (const [each, end] of call.ends) {
    const theirs = {ALERTING: "ABANDONED", DIALING: "BUSY", STARTED: "REMOTE"}[end.state];
    end.cause = each === agent ? cause : theirs;
    each.call = null;
  }
  for (const each of call.ends.keys()) if (each !== agent) tellCall(call, each);
  return tellCall(call, agent);
}

function callOf(agent, {endpoint, interaction}) {
  const call = calls.get(interaction);
  if (!call?.ends.has(agent) || agent.phone !== endpoint) {
    throw new Refused("INVALID_TARGET", `there is no call ${interaction} at ${endpoint}; go on without it`);
  }
  return call;
}

function hold(agent, asked, held) {
  const call = callOf(agent, asked);
  const end = call.ends.get(agent);
  if (asked.leg !== call.id) throw new Refused("INVALID_STATE", `the call has no leg ${asked.leg}`);
  if (end.state !== "STARTED") throw new Refused("INVALID_STATE", "nobody has answered yet; wait for that");
  if (end.held === held) return interactionReport(call, agent);
  end.held = held;
  return tellCall(call, agent);
}

// One function for each call of the processor; a call that is not here is answered with "method not found".

const METHODS = {
  StartAgent(agent, {extension}) {
    if (extension !== undefined && extension !== agent.phone) {
      throw new Refused("CHANNEL_UNAVAILABLE", `${extension} is not your phone; start at ${agent.phone}`);
    }
    watched.add(agent.id);
    const channels = agent.channel ? [channelReport(agent)] : [];
    return {agent_name: agent.id, channels, interactions: agent.call ? [interactionReport(agent.call, agent)] : []};
  },
  LogoutAgent(agent) {
    letGo(agent);
    watched.delete(agent.id);
    return null;
  },
  AddChannel(agent, {endpoint, type}) {
    if (type !== "TELEPHONY") throw new Refused("UNSUPPORTED", `the switch has no ${type}; add a telephone`);
    if (endpoint !== agent.phone) throw new Refused("CHANNEL_UNAVAILABLE", `your phone is ${agent.phone}; add that`);
    agent.channel ??= {loginstate: "INACTIVE", agentstate: "NOTREADY", reason: null};
    return channelReport(agent);
  },
  RemoveChannel(agent, {endpoint}) {
    if (endpoint === agent.phone) letGo(agent);
    return null;
  },
  ActivateChannel(agent, {endpoint}) {
    if (channelAt(agent, endpoint).loginstate === "ACTIVE") return channelReport(agent);
    return setChannel(agent, {loginstate: "ACTIVE", agentstate: "NOTREADY", reason: null});
  },
  DeactivateChannel(agent, {endpoint}) {
    channelAt(agent, endpoint);
    if (agent.call) throw new Refused("INTERACTION_ACTIVE", "hang up first");
    return setChannel(agent, {loginstate: "INACTIVE"});
  },
  SetAgentState(agent, {endpoint, agentstate, reason = null}) {
    if (channelAt(agent, endpoint).loginstate !== "ACTIVE") {
      throw new Refused("CHANNEL_INACTIVE", "log in at the phone first");
    }
    return setChannel(agent, {agentstate, reason: agentstate === "NOTREADY" ? reason : null});
  },
  Dial(agent, {endpoint, destination}) {
    if (channelAt(agent, endpoint).loginstate !== "ACTIVE") throw new Refused("CHANNEL_INACTIVE", "log in first");
    if (agent.call) throw new Refused("INVALID_STATE", "you are in a call; end that one first");
    const far = at(destination);
    if (!far?.channel || far === agent) throw new Refused("INVALID_DESTINATION", `nobody is at ${destination}`);
    if (far.call || far.channel.loginstate !== "ACTIVE") {
      throw new Refused("DESTINATION_BUSY", `${destination} is busy; call again later`);
    }
    const ends = new Map([
      [agent, {state: "DIALING", direction: "OUTBOUND", held: false}],
      [far, {state: "ALERTING", direction: "INBOUND", held: false}],
    ]);
    const call = {id: `c${++lastCall}`, ends};
    calls.set(call.id, call);
    agent.call = far.call = call;
    tellCall(call, far);
    return tellCall(call, agent);
  },
  AcceptInteraction(agent, asked) {
    const call = callOf(agent, asked);
    const end = call.ends.get(agent);
    if (end.state === "DIALING") throw new Refused("INVALID_STATE", "it is for the other end to answer");
    if (end.state === "STARTED") return interactionReport(call, agent);
    for (const each of call.ends.values()) each.state = "STARTED";
    for (const each of call.ends.keys()) if (each !== agent) tellCall(call, each);
    return tellCall(call, agent);
  },
  RejectInteraction(agent, asked) {
    if (callOf(agent, asked).ends.get(agent).state !== "ALERTING") {
      throw new Refused("INVALID_STATE", "the call does not ring; hang up instead");
    }
    return hangUp(agent, "REJECTED");
  },
  ReleaseLeg(agent, asked) {
    callOf(agent, asked);
    return hangUp(agent, "RELEASED");
  },
  HoldLeg: (agent, asked) => hold(agent, asked, true),
  RetrieveLeg: (agent, asked) => hold(agent, asked, false),
};

// ------------------------------------------------------------------------------------------------------ the link

const REMEDIES = {
  401: "give me the TOKEN whose SHA-256 is the link's token_hash",
  404: "give me the URL of the link, with the path of its settings",
  UNSUPPORTED: "I speak protocol 1; take the tiny-switch.mjs that came with the processor",
};
const UNREACHED = "start `ixp serve` or `ixp adapter check` with the link, or correct the URL; I try again";
const RETRY_MS = [100, 200, 500, 1000, 2000];
const KEPT_REPORTS = 10000;

class Link {
  constructor(url, token) {
    this.url = url;
    this.token = token;
    this.failures = 0;
    this.forget();
  }

  forget() {
    this.id = undefined;  // of the link, to come back to it after a cut
    this.seq = 0;
    this.unacknowledged = [];  // reports that the processor may not have: [number, text]
    this.answered = new Map();  // by the id of the call: an answer that the processor may not have
    watched.clear();
  }

  async run() {
    for (;;) {
      try {
        await this.once();
      } catch (error) {
        console.error(`tiny switch: ${error.message}`);
      }
      const pause = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)];
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  // One connection: hello, then calls and reports until it ends.
  async once() {
    const socket = await connect(this.url, {Authorization: `Bearer ${this.token}`}, "adapter-link.v1");
    let welcome;
    socket.onText = (text) => {
      const message = JSON.parse(text);
      if (welcome) return this.take(message);
      welcome = message.result;
      if (!welcome) {
        this.forget();  // whatever link that was, it is over
        const {code} = message.error.data ?? {};
        throw new Error(`refused with ${code}: ${message.error.message}; ${REMEDIES[code] ?? "I try again"}`);
      }
      this.welcome(socket, welcome);
    };
    const hello = {protocol: 1, name: "tiny switch", features: FEATURES, resume: this.id};
    socket.sendText(encode({id: 1, method: "hello", params: hello}));
    try {
      await socket.ended;
    } finally {
      this.socket = null;
    }
  }

  welcome(socket, {outcome, link, received, ping_every_s, pong_within_s}) {
    if (outcome === "NEW") this.forget();
    this.id = link;
    this.failures = 0;
    this.acknowledge(received);
    socket.beat(1000 * ping_every_s, 1000 * pong_within_s);
    for (const [, text] of this.unacknowledged) socket.sendText(text);
    this.socket = socket;  // from now on reports go out as they come
    console.log(`tiny switch: ${outcome} ${link} ${received}`);
  }

  acknowledge(seq) {
    this.unacknowledged = this.unacknowledged.filter(([number]) => number > seq);
  }

  take({id, method, params, error}) {
    if (error) return console.error(`tiny switch: the processor cannot take it: ${error.message}`);
    if (method === "ack") return this.acknowledge(params.seq);
    if (id === undefined) return undefined;  // cancel: this switch is done with a call when it begins the next
    for (const known of this.answered.keys()) if (known <= params.settled) this.answered.delete(known);
    if (!this.answered.has(id)) this.answered.set(id, this.carryOut(id, method, params));
    return this.socket.sendText(this.answered.get(id));
  }

  carryOut(id, method, {agent, call}) {
    try {
      if (!Object.hasOwn(METHODS, method)) return encode({id, error: {code: -32601, message: `no ${method} here`}});
      return encode({id, result: METHODS[method](agentOf(agent), call)});
    } catch (error) {
      if (!(error instanceof Refused)) console.error(error);
      const code = error instanceof Refused ? error.code : "PLATFORM_ERROR";
      return encode({id, error: {code: -32000, message: error.message, data: {code}}});
    }
  }

  report(agent, kind, what) {
    if (!this.id) return;
    const text = encode({method: "report", params: {seq: ++this.seq, agent, kind, report: what}});
    this.unacknowledged.push([this.seq, text]);
    this.socket?.sendText(text);
    if (this.unacknowledged.length > KEPT_REPORTS) this.forget();  // away for too long: begin anew
  }
}

const encode = (message) => JSON.stringify({jsonrpc: "2.0", ...message});

// ----------------------------------------------------------------------------------- a WebSocket client (RFC 6455)

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const TEXT = 1, CLOSE = 8, PING = 9, PONG = 10;
const MESSAGE_BYTES = 1 << 24;

function connect(url, headers, subprotocol) {
  const key = randomBytes(16).toString("base64");
  const accept = createHash("sha1").update(key + GUID).digest("base64");
  return new Promise((resolve, reject) => {
    const request = (url.startsWith("wss:") ? https : http).request(url.replace(/^ws/, "http"), {
      headers: {
        ...headers, Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": key, "Sec-WebSocket-Protocol": subprotocol,
      },
      timeout: 5000,
    });
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", ({code, message}) => reject(new Error(`no ${url} (${message || code}): ${UNREACHED}`)));
    request.on("response", (response) => {
      let said = "";  // the processor says what to do
      response.on("data", (data) => { said = `${said}${data}`.slice(0, 500); });
      const remedy = REMEDIES[response.statusCode] ?? "correct the URL, what is there is no link";
      response.on("close", () => reject(new Error(`refused with ${response.statusCode}: ${said.trim() || remedy}`)));
    });
    request.on("upgrade", (response, stream, head) => {
      if (response.headers["sec-websocket-accept"] === accept) return resolve(new Socket(stream, head));
      stream.destroy();
      return reject(new Error(`${url} speaks no WebSocket; correct the URL`));
    });
    request.end();
  });
}

class Socket {
  constructor(stream, head) {
    this.stream = stream;
    this.waiting = Buffer.alloc(0);
    this.fragments = [];
    this.onText = () => {};
    this.ended = new Promise((resolve, reject) => {
      stream.on("close", () => {
        clearInterval(this.heart);
        if (this.failure) reject(this.failure);
        else resolve();
      });
    });
    stream.setNoDelay(true).setTimeout(0);
    stream.on("error", (error) => this.fail(error));
    stream.on("data", (data) => {
      try {
        this.read(data);
      } catch (error) {
        this.fail(error);
      }
    });
    if (head.length) stream.unshift(head);  // what came with the handshake
  }

  fail(error) {
    this.failure ??= error;
    this.stream.destroy();
  }

  // Ping, and be gone when nothing has come for too long.
  beat(everyMs, withinMs) {
    this.heart = setInterval(() => {
      if (Date.now() - this.heard > everyMs + withinMs) this.fail(new Error("the processor is silent; I try again"));
      else this.frame(PING, Buffer.alloc(0));
    }, everyMs);
  }

  sendText(text) {
    this.frame(TEXT, Buffer.from(text));
  }

  frame(opcode, payload) {
    if (this.stream.destroyed) return;
    const long = payload.length > 125 ? (payload.length > 65535 ? 8 : 2) : 0;
    const head = Buffer.alloc(2 + long);
    head[0] = 0x80 | opcode;
    head[1] = 0x80 | (long === 0 ? payload.length : long === 2 ? 126 : 127);
    if (long === 2) head.writeUInt16BE(payload.length, 2);
    if (long === 8) head.writeBigUInt64BE(BigInt(payload.length), 2);
    const mask = randomBytes(4);
    this.stream.write(Buffer.concat([head, mask, payload.map((byte, index) => byte ^ mask[index & 3])]));
  }

  read(data) {
    this.heard = Date.now();
    this.waiting = Buffer.concat([this.waiting, data]);
    for (;;) {
      if (this.waiting.length < 2) return;
      const short = this.waiting[1] & 0x7f;
      const start = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (this.waiting.length < start) return;
      const length = short < 126 ? short : Number(
        short === 126 ? this.waiting.readUInt16BE(2) : this.waiting.readBigUInt64BE(2));
      if (length > MESSAGE_BYTES) throw new Error("a frame that is too long");
      if (this.waiting.length < start + length) return;
      const [first, payload] = [this.waiting[0], this.waiting.subarray(start, start + length)];
      this.waiting = this.waiting.subarray(start + length);
      this.take(first & 0x0f, Boolean(first & 0x80), payload);
    }
  }

  take(opcode, last, payload) {
    if (opcode === PING) return this.frame(PONG, payload);
    if (opcode === PONG) return undefined;
    if (opcode === CLOSE) {
      this.frame(CLOSE, payload.subarray(0, 2));
      if (payload.length > 2) this.failure = new Error(`closed: ${payload.subarray(2)}`);
      return this.stream.end();
    }
    this.fragments.push(payload);
    if (!last) return undefined;
    const text = Buffer.concat(this.fragments).toString();
    this.fragments = [];
    return this.onText(text);
  }
}

const [url, token] = process.argv.slice(2);
if (!token || !/^wss?:\/\/[^/\s]+/.test(url)) {
  console.error("usage: node tiny-switch.mjs ws://127.0.0.1:8790/adapter TOKEN, the URL and the token of the link");
  process.exit(2);
}
const link = new Link(url, token);
report = (...what) => link.report(...what);
await link.run();
