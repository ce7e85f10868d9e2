import { humanSize } from "../../units/size.ts";

interface Served {
  layers: number;
  bytes: number;
}

/** Which mirror served how much since dockerd started, for `docker info`. */
export class ServedByMirrors {
  readonly #served = new Map<string | undefined, Served>();

  /** Counts a blob; no mirror: it came from its registry itself. */
  count(mirror: string | undefined, bytes: number): void {
    const { layers, bytes: before } = this.#served.get(mirror) ?? { layers: 0, bytes: 0 };
    this.#served.set(mirror, { layers: layers + 1, bytes: before + bytes });
  }

  /** Lines for people, each a name and a value; none as long as no mirror has served anything. */
  status(): [string, string][] {
    const mirrors = [...this.#served.keys()].filter((mirror) => mirror !== undefined);
    if (mirrors.length === 0) return [];
    const lines = mirrors
      .sort()
      .map((mirror): [string, string] => [`Layers from ${mirror}`, this.#text(mirror)]);
    const own = this.#served.has(undefined)
      ? [["Layers from no mirror", this.#text(undefined)] as [string, string]]
      : [];
    return [...lines, ...own];
  }

  #text(mirror: string | undefined): string {
    const { layers, bytes } = this.#served.get(mirror)!;
    return `${layers} (${humanSize(bytes)})`;
  }
}
