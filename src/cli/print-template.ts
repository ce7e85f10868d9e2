import type { Cli } from "./cli.ts";
import type { Template } from "./template/execute.ts";
import { TemplateError } from "./template/nodes.ts";

/** Prints what a template makes of data, and `end`; also when it fails, what it had made by then. Errors: TemplateError. */
export function printTemplate(cli: Cli, template: Template, data: unknown, end: string): void {
  try {
    cli.out(template.execute(data) + end);
  } catch (error) {
    if (error instanceof TemplateError) cli.out(error.printed + end);
    throw error;
  }
}
