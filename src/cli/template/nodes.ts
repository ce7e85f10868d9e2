/** What a Go template is parsed into. `at` is the place in the source, for errors. */
export type Node =
  | { kind: "text"; text: string }
  | { kind: "action"; pipe: Pipe }
  | { kind: "if" | "with"; pipe: Pipe; body: Node[]; otherwise: Node[] }
  | { kind: "range"; pipe: Pipe; body: Node[]; otherwise: Node[] }
  | { kind: "break" | "continue" }
  /** The template of that name in this place, with the pipeline's value as its data; `text` is for errors. */
  | { kind: "template"; name: string; pipe?: Pipe; at: number; text: string };

/** A source taken apart: what it prints, and the templates that it defines for `{{template}}`, by name. */
export interface Parsed {
  nodes: Node[];
  defined: ReadonlyMap<string, Node[]>;
}

export interface Pipe {
  /** Variables that the pipeline's value is assigned to; two in a range. */
  variables: string[];
  /** True for "=", false for ":=". */
  assigns: boolean;
  commands: Operand[][];
}

export type Operand =
  | { kind: "dot"; at: number }
  | { kind: "field"; path: string[]; at: number; text: string }
  | { kind: "variable"; name: string; path: string[]; at: number; text: string }
  | { kind: "function"; name: string; at: number /** The whole call, for errors. */; text: string }
  | { kind: "literal"; value: string | number | boolean | null; at: number }
  | { kind: "group"; pipe: Pipe; path: string[]; at: number };

/** A template that cannot be parsed, or fails on its data; `message` is Go's. */
export class TemplateError extends Error {
  /** What the template gave before it failed. */
  printed = "";
}

/** "1:2": line, and byte in the line, of a place in the source. */
export function placeOf(source: string, at: number): string {
  const before = source.slice(0, at);
  const line = before.split("\n").length;
  return `${line}:${at - (before.lastIndexOf("\n") + 1)}`;
}
