import { ignoreMissing, invalidArgument } from "../../errors/errors.ts";
import { ContentDefinition, WriteAction } from "../../proto/containerd/services/content/v1/content.ts";
import { humanSize } from "../../units/size.ts";
import { print } from "../cli.ts";
import { type Command, command, type Group } from "../command.ts";
import { labelMask, parseLabels } from "../labels.ts";
import { formatAge, formatLabels, printTable } from "../output.ts";
import { edit, pruneReferences } from "./content-edit.ts";
import { fetch, fetchObject, pushObject } from "./content-remote.ts";

const list = command({
  aliases: ["list"],
  summary: "List content",
  usage: "[flags] [FILTER...]",
  flags: { quiet: { kind: "bool", short: "q", help: "Print the digests only" } },
  min: 0,
  async run(cli, { flags, args }) {
    const rows: string[][] = [];
    for await (const { info } of cli.client(ContentDefinition).list({ filters: args }, cli.call))
      for (const { digest, size, createdAt, labels } of info)
        rows.push([digest, humanSize(Number(size)), formatAge(createdAt), formatLabels(labels)]);
    if (flags.quiet) print(...rows.map(([digest]) => digest!));
    else printTable(["DIGEST", "SIZE", "AGE", "LABELS"], rows);
    return undefined;
  },
});

const get = command({
  summary: "Write a blob to stdout",
  usage: "DIGEST",
  flags: {},
  min: 1,
  max: 1,
  async run(cli, { args: [digest] }) {
    const stdout = Bun.stdout.writer();
    for await (const { data } of cli.client(ContentDefinition).read({ digest: digest! }, cli.longCall)) {
      stdout.write(data);
      await stdout.flush();
    }
    await stdout.end();
    return undefined;
  },
});

/** Bytes of a message of content; stock containerd takes 4 MiB. */
const CHUNK = 1 << 20;

const ingest = command({
  summary: "Store stdin as a blob and print its digest",
  usage: "[flags] REF",
  flags: {
    "expected-digest": { kind: "string", help: "Fail unless the content has this digest", value: "DIGEST" },
    "expected-size": { kind: "int", help: "Fail unless the content has this many bytes" },
  },
  min: 1,
  max: 1,
  async run(cli, { flags, args: [ref] }) {
    const common = {
      ref: ref!,
      total: BigInt(flags["expected-size"] ?? 0),
      expected: flags["expected-digest"] ?? "",
    };
    async function* requests() {
      let offset = 0n;
      for await (const piece of Bun.stdin.stream()) {
        for (let at = 0; at < piece.length; at += CHUNK) {
          const data = piece.subarray(at, at + CHUNK);
          yield { ...common, action: WriteAction.WRITE, offset, data };
          offset += BigInt(data.length);
        }
      }
      yield { ...common, action: WriteAction.COMMIT, offset };
    }
    let written = "";
    // Stock containerd answers the commit twice.
    for await (const { action, digest } of cli.client(ContentDefinition).write(requests(), cli.longCall))
      if (action === WriteAction.COMMIT) written = digest;
    print(written);
    return undefined;
  },
});

const active = command({
  summary: "List content on its way in",
  usage: "[flags] [FILTER...]",
  flags: {
    root: {
      kind: "string",
      help: "Taken for stock's sake: the daemon knows where its content is",
      value: "FOLDER",
    },
    timeout: { kind: "string", short: "t", help: "Taken for stock's sake", value: "DURATION" },
  },
  min: 0,
  async run(cli, { args }) {
    const { statuses } = await cli.client(ContentDefinition).listStatuses({ filters: args }, cli.call);
    const rows = statuses.map(({ ref, offset, startedAt }) => [
      ref,
      humanSize(Number(offset)),
      formatAge(startedAt),
    ]);
    printTable(["REF", "SIZE", "AGE"], rows);
    return undefined;
  },
});

const label = command({
  summary: "Set labels of a blob; one without a value is removed",
  usage: "DIGEST LABEL=VALUE...",
  flags: {},
  min: 2,
  async run(cli, { args: [digest, ...given] }) {
    const labels = parseLabels(given);
    const updateMask = labelMask(labels);
    await cli.client(ContentDefinition).update({ info: { digest: digest!, labels }, updateMask }, cli.call);
    return undefined;
  },
});

const remove = command({
  aliases: ["delete", "del", "remove"],
  summary: "Remove blobs",
  usage: "DIGEST...",
  flags: {},
  min: 1,
  async run(cli, { args }) {
    for (const digest of args) {
      try {
        await cli.client(ContentDefinition).delete({ digest }, cli.call);
        print(digest);
      } catch (error) {
        ignoreMissing(error);
      }
    }
    return undefined;
  },
});

/** "content prune references", as stock has it: a verb of a verb. */
const prune: Command = {
  ...pruneReferences,
  usage: "references [flags]",
  min: 1,
  max: 1,
  run(cli, { flags, args }) {
    if (args[0] !== "references") throw invalidArgument(`unknown command "content prune ${args[0]}"`);
    return pruneReferences.run(cli, { flags, args: [] });
  },
};

export const content: Group = {
  summary: "Manage content",
  commands: {
    ...{ active, edit, fetch, "fetch-object": fetchObject, get, ingest, ls: list },
    ...{ "push-object": pushObject, label, prune, rm: remove },
  },
};
