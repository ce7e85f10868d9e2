/**
 * Follows dockerd's events over its deaths, as a careful client does: each new subscription begins after the last event
 * that was seen.
 */
import type { ChaosChain } from "./chain.ts";

interface Event {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
}

/** What happened to one container. */
export interface Life {
  name: string;
  /** create, start, pause, unpause, die, destroy in the order they were told. */
  actions: string[];
  /** Exit codes that were told. */
  codes: number[];
  /** Strikes of the out-of-memory killer. */
  ooms: number;
  /** Exec processes by id: "start" and exit codes in the order they were told. */
  execs: Record<string, string[]>;
  /** Networks and volumes by name or id: what it did with them, in order. */
  uses: Record<string, string[]>;
}

const RETRY_MS = 20;
const SETTLE_MS = 20_000;

const OF_USES = ["connect", "disconnect", "mount", "unmount"];
const OF_A_LIFE = ["create", "start", "pause", "unpause", "die", "destroy"];

/** Each transition once: pauses within runs, runs within a life. */
const WHOLE_LIFE = /^create (start (pause (unpause )?)?(die )?)*destroy $/;
const UNENDED_RUN = /start (pause |unpause )*(start|destroy)/;

export class EventLog {
  readonly #chain: ChaosChain;
  readonly #lives = new Map<string, Life>();
  #since = 0n;
  #subscription: AbortController | undefined;
  #reading: Promise<void> = Promise.resolve();
  /** How the subscription is, for reports. */
  #subscribed = "not asked for";

  constructor(chain: ChaosChain) {
    this.#chain = chain;
  }

  /** To be called once a dockerd answers. */
  follow(): void {
    this.stop();
    const subscription = new AbortController();
    this.#subscription = subscription;
    // The one before has read to its end first, so that it is known where this one begins.
    this.#reading = this.#reading.then(() => this.#readOn(subscription.signal));
  }

  /** A connection may break for another reason than that dockerd has died, such as a machine that is too busy. */
  async #readOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#read(signal);
        this.#subscribed = "ended";
      } catch (error) {
        this.#subscribed = `broke: ${error}`;
      }
      if (!signal.aborted) await Bun.sleep(RETRY_MS);
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    this.#subscribed = "asked for";
    const response = await this.#chain.api.open("GET", `/events?since=${seconds(this.#since)}`, signal);
    this.#subscribed = `answered with ${response.status}`;
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of response.body!) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(line);
    }
  }

  #take(line: string): void {
    const at = /"timeNano":(\d+)/.exec(line)?.[1];
    if (at === undefined) return;
    this.#since = BigInt(at) + 1n;
    noteLife(this.#lives, JSON.parse(line) as Event);
  }

  /** Waits until the end and the removal of the container of a name have been told, or for a while. */
  async gone(name: string): Promise<void> {
    const deadline = Date.now() + SETTLE_MS;
    const gone = () => this.named(name).some(({ actions }) => actions.includes("destroy"));
    while (!gone() && Date.now() < deadline) await Bun.sleep(5);
  }

  /** Waits until the end of each container that is known of, `ids` among them, has been told, or for a while. */
  async settled(ids: readonly string[] = []): Promise<void> {
    const deadline = Date.now() + SETTLE_MS;
    const open = () =>
      [...this.#lives.values()].some(({ actions }) => !actions.includes("destroy")) ||
      // The subscription to a dockerd that has just come up may not have caught up yet.
      ids.some((id) => !this.#lives.has(id));
    while (open() && Date.now() < deadline) await Bun.sleep(5);
  }

  /** Waits until the end of an exec process has been told, or for a while; returns its exit code. */
  async execEnded(name: string, id: string): Promise<number | undefined> {
    const deadline = Date.now() + SETTLE_MS;
    const told = () => this.named(name).flatMap(({ execs }) => execs[id]?.slice(1) ?? []);
    while (told().length === 0 && Date.now() < deadline) await Bun.sleep(5);
    const [code] = told();
    return code === undefined ? undefined : Number(code);
  }

  life(id: string): Life | undefined {
    return this.#lives.get(id);
  }

  named(name: string): Life[] {
    return [...this.#lives.values()].filter((life) => life.name === name);
  }

  /** Faults in lives that are all over now, and what a client that asks for the past is told otherwise. */
  async faults(): Promise<string[]> {
    const lives = [...this.#lives.values()];
    const found = lives.flatMap((life) =>
      faultsIn(life).map((fault) => `${life.name}: ${fault} (subscription ${this.#subscribed})`),
    );
    const past = await this.#past();
    for (const [id, life] of this.#lives) {
      const [told, kept] = [JSON.stringify(life), JSON.stringify(past.get(id))];
      if (told !== kept) found.push(`${life.name}: told ${told}, and of the past ${kept}`);
    }
    this.#lives.clear();
    this.#roundBegan = this.#since;
    return found;
  }

  #roundBegan = 0n;

  async #past(): Promise<Map<string, Life>> {
    const query = `since=${seconds(this.#roundBegan)}&until=${seconds(this.#since)}`;
    const { body } = await this.#chain.api.send("GET", `/events?${query}`);
    const lives = new Map<string, Life>();
    for (const line of new TextDecoder().decode(body).split("\n").filter(Boolean))
      noteLife(lives, JSON.parse(line) as Event);
    return lives;
  }

  stop(): void {
    this.#subscription?.abort();
    this.#subscription = undefined;
  }
}

const seconds = (nanos: bigint) =>
  `${nanos / 1_000_000_000n}.${String(nanos % 1_000_000_000n).padStart(9, "0")}`;

/** What was told of a life that is over: each transition once, and nothing left open. */
function faultsIn({ actions, execs, uses }: Life): string[] {
  const life = actions.map((action) => `${action} `).join("");
  const isWhole = WHOLE_LIFE.test(life) && !UNENDED_RUN.test(life);
  const open = [
    ...Object.entries(execs).filter(([, told]) => !/^start \d+$/.test(told.join(" "))),
    ...Object.entries(uses).filter(
      ([, told]) => !/^((connect disconnect|mount unmount) ?)*$/.test(told.join(" ")),
    ),
  ];
  return [
    ...(isWhole ? [] : [`events ${life.trim()}`]),
    ...open.map(([what, told]) => `events of ${what}: ${told.join(" ")}`),
  ];
}

function note(told: Record<string, string[]>, of: string, what: string): void {
  told[of] = [...(told[of] ?? []), what];
}

function noteLife(lives: Map<string, Life>, event: Event): void {
  const { Type, Action, Actor } = event;
  if (Type !== "container") {
    const user = lives.get(Actor.Attributes["container"] ?? "");
    if (user && OF_USES.includes(Action)) note(user.uses, `${Type} ${Actor.ID}`, Action);
    return;
  }
  if (OF_A_LIFE.includes(Action)) noteMove(lives, event);
  const life = lives.get(Actor.ID);
  if (!life) return;
  const { execID = "", exitCode = "" } = Actor.Attributes;
  if (Action === "oom") life.ooms++;
  if (Action.startsWith("exec_start")) note(life.execs, execID, "start");
  if (Action === "exec_die") note(life.execs, execID, exitCode);
}

function noteMove(lives: Map<string, Life>, { Action, Actor }: Event): void {
  const { name = "", exitCode } = Actor.Attributes;
  const life = lives.get(Actor.ID) ?? { name, actions: [], codes: [], ooms: 0, execs: {}, uses: {} };
  lives.set(Actor.ID, life);
  life.actions.push(Action);
  if (exitCode !== undefined) life.codes.push(Number(exitCode));
}
