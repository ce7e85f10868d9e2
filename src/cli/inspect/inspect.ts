import { messageOf } from "../../errors/errors.ts";
import type { Cli } from "../cli.ts";
import { ExitError } from "../command.ts";
import { describe } from "../describe.ts";
import { compactJson, indentJson } from "../format/json.ts";
import { compileTemplate, mapField, type Template } from "../template/execute.ts";
import { fieldOfTyped, typed } from "./typed.ts";

const BAD_TEMPLATE_CODE = 64;

/** An object as the engine describes it: the JSON text as it came. */
export type Fetch = (reference: string) => Promise<string>;

/**
 * Prints what is known of objects: an indented list, "json" for a compact one, or a Go template for each. Those that
 * cannot be had are reported at the end. Errors: ExitError.
 */
export async function inspectObjects(
  cli: Cli,
  references: readonly string[],
  format: string | undefined,
  fetch: Fetch,
): Promise<void> {
  const printer = printerFor(format ?? "");
  const errors: string[] = [];
  for (const reference of references) {
    try {
      printer.add(await fetch(reference));
    } catch (error) {
      errors.push(describe(error));
    }
  }
  cli.out(printer.finish());
  if (errors.length > 0) throw new ExitError(1, errors.join("\n"));
}

interface Printer {
  add(json: string): void;
  /** All of the output. */
  finish(): string;
}

function printerFor(format: string): Printer {
  if (format === "") return listPrinter((text) => indentJson(text, "", "    "));
  if (format === "json") return listPrinter(compactJson);
  return templatePrinter(format);
}

function listPrinter(layOut: (json: string) => string): Printer {
  const objects: string[] = [];
  return {
    add: (json) => void objects.push(json.trim()),
    finish: () => (objects.length === 0 ? "[]\n" : `${layOut(`[${objects.join(",")}]`)}\n`),
  };
}

function templatePrinter(format: string): Printer {
  let lenient: Template;
  let strict: Template;
  try {
    lenient = compileTemplate(format, fieldOfTyped);
    strict = compileTemplate(format, mapField);
  } catch (error) {
    throw new ExitError(BAD_TEMPLATE_CODE, `template parsing error: ${messageOf(error)}`);
  }
  let text = "";
  return {
    add(json) {
      text += `${execute(lenient, strict, JSON.parse(json))}\n`;
    },
    finish: () => text || "\n",
  };
}

/** Stock's client knows fields that engines leave out when empty; only where that fails counts what came literally. */
function execute(lenient: Template, strict: Template, data: unknown): string {
  try {
    return lenient.execute(typed(data));
  } catch {
    try {
      return strict.execute(data);
    } catch (error) {
      throw new Error(`template parsing error: ${messageOf(error)}`);
    }
  }
}
