import { messageOf } from "../../errors/errors.ts";
import { callFunction, type Implementation, isTrue } from "./functions.ts";
import { type Node, type Operand, type Parsed, type Pipe, placeOf, TemplateError } from "./nodes.ts";
import { parseTemplate } from "./parse.ts";
import { printValue } from "./print.ts";

/** Looks a name up in a value; throws when the value has no such field. A function among the data is a method. */
export type FieldLookup = (value: unknown, name: string) => unknown;

/** A parsed template, to be executed on many values. */
export interface Template {
  execute(data: unknown): string;
}

/** Functions that stand in for those of the same name. */
export type FunctionTable = Record<string, Implementation>;

/**
 * Parses a Go template. `lookup` says what fields values have, `replaced` which functions act otherwise than usual.
 * Errors: TemplateError.
 */
export function compileTemplate(
  source: string,
  lookup: FieldLookup = mapField,
  replaced: FunctionTable = {},
): Template {
  const parsed = parseTemplate(source);
  return { execute: (data) => new Execution(source, lookup, replaced, parsed).run(data) };
}

/** Fields of JSON data of unknown type, where each missing one is an error. */
export function mapField(value: unknown, name: string): unknown {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    if (Object.hasOwn(value, name)) return (value as Record<string, unknown>)[name];
    throw new Error(`map has no entry for key ${JSON.stringify(name)}`);
  }
  if (value === null || value === undefined) throw new Error(`nil pointer evaluating interface {}.${name}`);
  throw new Error(`can't evaluate field ${name} in type interface {}`);
}

/** As mapField(), where the type of what has no fields is known. */
export function typedField(value: unknown, name: string): unknown {
  const plain = value === null || value === undefined || typeof value === "object";
  if (!plain) throw new Error(`can't evaluate field ${name} in type ${goType(value)}`);
  return mapField(value, name);
}

const goType = (value: unknown) =>
  typeof value === "number" ? "int" : typeof value === "boolean" ? "bool" : typeof value;

/** Templates within each other; Go allows 100000, which this engine's stack does not. */
const MOST_DEEP = 1000;

class LoopControl extends Error {
  readonly kind: "break" | "continue";
  constructor(kind: "break" | "continue") {
    super(kind);
    this.kind = kind;
  }
}

type Scope = Map<string, unknown>;

class Execution {
  readonly #source: string;
  readonly #lookup: FieldLookup;
  readonly #replaced: FunctionTable;
  readonly #parsed: Parsed;
  #scopes: Scope[] = [];
  /** The template that is being executed: "" for the outermost. */
  #name = "";
  #depth = 0;
  #out = "";

  constructor(source: string, lookup: FieldLookup, replaced: FunctionTable, parsed: Parsed) {
    this.#source = source;
    this.#lookup = lookup;
    this.#replaced = replaced;
    this.#parsed = parsed;
  }

  run(data: unknown): string {
    try {
      this.#body("", this.#parsed.nodes, data);
    } catch (error) {
      if (error instanceof TemplateError) error.printed = this.#out;
      throw error;
    }
    return this.#out;
  }

  /** A template's nodes with its own data and variables. */
  #body(name: string, nodes: Node[], data: unknown): void {
    const outer = { name: this.#name, scopes: this.#scopes };
    this.#name = name;
    this.#scopes = [new Map([["$", data]])];
    this.#depth++;
    this.#list(nodes, data);
    this.#depth--;
    this.#name = outer.name;
    this.#scopes = outer.scopes;
  }

  #invoke(node: Extract<Node, { kind: "template" }>, dot: unknown): void {
    const nodes = this.#parsed.defined.get(node.name);
    if (!nodes) throw this.#error(node.at, node.text, `template ${JSON.stringify(node.name)} not defined`);
    if (this.#depth > MOST_DEEP)
      throw this.#error(node.at, node.text, `exceeded maximum template depth (${MOST_DEEP})`);
    this.#body(node.name, nodes, node.pipe ? this.#pipe(node.pipe, dot) : null);
  }

  #list(nodes: Node[], dot: unknown): void {
    for (const node of nodes) this.#node(node, dot);
  }

  #scoped(run: () => void): void {
    this.#scopes.push(new Map());
    try {
      run();
    } finally {
      this.#scopes.pop();
    }
  }

  #node(node: Node, dot: unknown): void {
    switch (node.kind) {
      case "text":
        this.#out += node.text;
        return;
      case "action": {
        const value = this.#pipe(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.#out += printValue(value);
        return;
      }
      case "if":
      case "with":
        return this.#scoped(() => {
          const value = this.#pipe(node.pipe, dot);
          if (!isTrue(value)) this.#list(node.otherwise, dot);
          else this.#list(node.body, node.kind === "with" ? value : dot);
        });
      case "range":
        return this.#scoped(() => this.#range(node, dot));
      case "template":
        return this.#invoke(node, dot);
      default:
        throw new LoopControl(node.kind);
    }
  }

  #range(node: Extract<Node, { kind: "range" }>, dot: unknown): void {
    const entries = entriesOf(this.#pipe({ ...node.pipe, variables: [] }, dot));
    if (entries.length === 0) return this.#list(node.otherwise, dot);
    const [first, second] = node.pipe.variables;
    for (const [key, value] of entries) {
      this.#scopes.push(new Map());
      if (first !== undefined) this.#scopes.at(-1)!.set(first, second === undefined ? value : key);
      if (second !== undefined) this.#scopes.at(-1)!.set(second, value);
      try {
        this.#list(node.body, value);
      } catch (error) {
        if (!(error instanceof LoopControl)) throw error;
        if (error.kind === "break") return;
      } finally {
        this.#scopes.pop();
      }
    }
  }

  #pipe(pipe: Pipe, dot: unknown): unknown {
    let value: unknown;
    pipe.commands.forEach((command, i) => {
      value = this.#command(command, dot, i === 0 ? [] : [value]);
    });
    for (const name of pipe.variables) this.#assign(name, value, pipe.assigns);
    return value;
  }

  #assign(name: string, value: unknown, existing: boolean): void {
    const scope = existing ? this.#scopes.findLast((each) => each.has(name)) : undefined;
    (scope ?? this.#scopes.at(-1)!).set(name, value);
  }

  #command(command: Operand[], dot: unknown, piped: unknown[]): unknown {
    const [head, ...rest] = command as [Operand, ...Operand[]];
    const args = () => [...rest.map((operand) => this.#value(operand, dot, [])), ...piped];
    if (head.kind === "function") return this.#call(head, args());
    const value = this.#value(head, dot, rest.length > 0 || piped.length > 0 ? args() : []);
    return value;
  }

  #call({ name, at, text }: Extract<Operand, { kind: "function" }>, args: unknown[]): unknown {
    try {
      const replaced = Object.hasOwn(this.#replaced, name) ? this.#replaced[name] : undefined;
      return replaced ? replaced(...args) : callFunction(name, args);
    } catch (error) {
      if (error instanceof TemplateError) throw error;
      throw this.#error(at, text, `error calling ${name}: ${messageOf(error)}`);
    }
  }

  #value(operand: Operand, dot: unknown, args: unknown[]): unknown {
    switch (operand.kind) {
      case "dot":
        return dot;
      case "literal":
        return operand.value;
      case "function":
        return this.#call(operand, args);
      case "field":
        return this.#path(dot, operand.path, operand, operand.text, args);
      case "variable":
        return this.#path(
          this.#variable(operand.name, operand.at),
          operand.path,
          operand,
          operand.text,
          args,
        );
      case "group":
        return this.#path(this.#pipe(operand.pipe, dot), operand.path, operand, operand.path.join("."), args);
    }
  }

  #variable(name: string, at: number): unknown {
    const scope = this.#scopes.findLast((each) => each.has(name));
    if (!scope) throw this.#error(at, name, `undefined variable: ${name}`);
    return scope.get(name);
  }

  #path(start: unknown, path: string[], operand: Operand, text: string, args: unknown[]): unknown {
    let value = start;
    path.forEach((name, i) => {
      try {
        value = this.#lookup(value, name);
        if (typeof value === "function")
          value = callMethod(
            value as (...args: unknown[]) => unknown,
            name,
            i === path.length - 1 ? args : [],
          );
      } catch (error) {
        throw this.#error(operand.at, text, messageOf(error));
      }
    });
    return value;
  }

  #error(at: number, text: string, message: string): TemplateError {
    return new TemplateError(
      `template: :${placeOf(this.#source, at)}: executing ${JSON.stringify(this.#name)} at <${text}>: ${message}`,
    );
  }
}

function callMethod(method: (...args: unknown[]) => unknown, name: string, args: unknown[]): unknown {
  if (method.length !== args.length)
    throw new Error(`wrong number of args for ${name}: want ${method.length} got ${args.length}`);
  return method(...args);
}

function entriesOf(value: unknown): [unknown, unknown][] {
  if (Array.isArray(value)) return value.map((each, i) => [i, each]);
  if (typeof value === "number") return Array.from({ length: value }, (_, i) => [i, i]);
  if (typeof value === "object" && value !== null)
    return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  if (value === null || value === undefined) return [];
  throw new TemplateError(`range can't iterate over ${printValue(value)}`);
}
