import type { BuildEvent, BuildOutput } from "../types.ts";

type Piece = (out: BuildOutput) => void;

/**
 * Stages run side by side, but people read one after the other: the first unfinished one speaks at once, the others'
 * words wait for their turn. Events are passed on as they come.
 */
export class OrderedOutputs {
  readonly #out: BuildOutput;
  readonly #queues: { pieces: Piece[]; done: boolean }[] = [];
  #turn = 0;

  constructor(out: BuildOutput) {
    this.#out = out;
  }

  /** The next stage's output, and the function that ends it. */
  open(): { out: BuildOutput; end(): void } {
    const queue = { pieces: [] as Piece[], done: false };
    const position = this.#queues.push(queue) - 1;
    const say = (piece: Piece): void => {
      if (position === this.#turn) piece(this.#out);
      else queue.pieces.push(piece);
    };
    return {
      out: {
        text: (text, stream) => say((out) => out.text(text, stream)),
        image: (id) => say((out) => out.image(id)),
        progress: (message) => say((out) => out.progress(message)),
        warning: (warning) => this.#out.warning(warning),
        event: (event: BuildEvent) => this.#out.event(event),
      },
      end: () => {
        queue.done = true;
        this.#advance();
      },
    };
  }

  #advance(): void {
    while (this.#queues[this.#turn]?.done) {
      this.#turn++;
      for (const piece of this.#queues[this.#turn]?.pieces.splice(0) ?? []) piece(this.#out);
    }
  }
}
