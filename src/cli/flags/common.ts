/** Flags that many commands share. */
import { checkFilter } from "./filter.ts";
import type { Flag } from "./spec.ts";

/** --format of lists. */
export const LIST_FORMAT = {
  kind: "string",
  help: "'table', 'table TEMPLATE', 'json', or a Go template for each line",
} as const satisfies Flag;

/** --format of what is known of objects. */
export const INSPECT_FORMAT = {
  kind: "string",
  short: "f",
  help: "'json', or a Go template for each object",
} as const satisfies Flag;

/** --filter of lists. */
export const LIST_FILTER = {
  kind: "list",
  short: "f",
  type: "filter",
  help: "Show only what meets a condition (NAME=VALUE)",
  check: checkFilter,
} as const satisfies Flag;

/** --filter of prune. */
export const PRUNE_FILTER = {
  kind: "list",
  type: "filter",
  help: 'Which of them ("until=TIMESTAMP", "label=NAME")',
  check: checkFilter,
} as const satisfies Flag;

/** --force of prune. */
export const PRUNE_FORCE = {
  kind: "bool",
  short: "f",
  help: "Do not ask for confirmation",
} as const satisfies Flag;
