import { notFound } from "../../errors/errors.ts";
import { digestOf } from "../../images/registry/descriptor.ts";
import type { Image, ImageConfig, Images, Layer } from "../../images/types.ts";
import { EventBus } from "../events/bus.ts";
import type { ImageDependencies, ImageUser } from "./dependencies.ts";
import { canonical, parseImageName } from "./names.ts";

const refuse = (): never => {
  throw new Error("no registry in this test");
};

/** Images in memory, for tests of what the engine does with them. Layers are 1000 bytes each. */
export class FakeImages {
  readonly store = new Map<string, Image>();
  readonly names = new Map<string, string>();
  readonly users: ImageUser[] = [];
  readonly events = new EventBus();
  readonly deps: ImageDependencies;

  constructor() {
    const none = { send: refuse } as never;
    this.deps = {
      images: this.images(),
      events: this.events,
      containers: () => this.users,
      puller: none,
      pusher: none,
      client: none,
      transport: none,
      registrySettings: refuse,
    };
  }

  /** Adds an image with names in people's form; gives its id. */
  add(config: Partial<ImageConfig>, names: string[], parent?: string): string {
    const layers = config.rootfs?.diff_ids ?? [`sha256:${"a".repeat(64)}`];
    const full: ImageConfig = {
      architecture: "amd64",
      os: "linux",
      ...config,
      rootfs: { type: "layers", diff_ids: layers },
    };
    const raw = new TextEncoder().encode(JSON.stringify({ ...full, n: this.store.size }));
    const chainID = layers.reduce((below, diffID) => (below ? digestOf(`${below} ${diffID}`) : diffID), "");
    const id = digestOf(raw);
    this.store.set(id, { id, config: full, raw, parent, chainID });
    for (const name of names) this.names.set(canonical(parseImageName(name)), id);
    return id;
  }

  actions(): string[] {
    return this.events.past(0n).map(({ Action }) => Action ?? "");
  }

  private images(): Images {
    const get = (id: string): Image => {
      const found = this.store.get(id);
      if (!found) throw notFound(`No such image: ${id}`);
      return found;
    };
    const layers = {
      driverName: "fake",
      get: (chainID: string) => this.layer(chainID),
      has: () => true,
      release: async () => {},
    };
    return {
      layers: layers as Partial<Images["layers"]> as Images["layers"],
      images: {
        get,
        has: (id) => this.store.has(id),
        list: () => [...this.store.values()],
        create: refuse,
        setParent: refuse,
        children: (id) => [...this.store.values()].filter(({ parent }) => parent === id),
        remove: async (id) => {
          const { chainID } = get(id);
          this.store.delete(id);
          const shared = [...this.store.values()].some((other) => other.chainID === chainID);
          return chainID === undefined || shared ? [] : [chainID];
        },
        setLastUpdated: () => {},
        lastUpdated: () => undefined,
      },
      references: {
        get: (reference) => this.names.get(reference),
        of: (id) => [...this.names].filter(([, other]) => other === id).map(([reference]) => reference),
        all: () => [...this.names].map(([reference, id]) => ({ reference, id })),
        add: async (reference, id) => void this.names.set(reference, id),
        remove: async (reference) => this.names.delete(reference),
      },
      resolve: (text) => {
        const byID = [...this.store.keys()].find((id) => id === text || id.slice(7).startsWith(text));
        if (byID) return get(byID);
        const name = parseImageName(text);
        return get(
          this.names.get(canonical(name.tag || name.digest ? name : { ...name, tag: "latest" })) ?? text,
        );
      },
    };
  }

  private layer(chainID: string): Layer {
    return {
      chainID,
      diffID: chainID,
      parent: undefined,
      diffSize: 1000,
      size: 1000,
      tarSize: async () => 2048,
      metadata: async () => ({ UpperDir: "/u" }),
      tarStream: refuse,
    };
  }
}
