/** Changes of content: another blob in the place of one, labels that keep what nobody needs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { invalidArgument, systemError } from "../../errors/errors.ts";
import { ContentDefinition } from "../../proto/containerd/services/content/v1/content.ts";
import { LeasesDefinition } from "../../proto/containerd/services/leases/v1/leases.ts";
import { print } from "../cli.ts";
import { command } from "../command.ts";
import { labelBlob, readBlob, writeBlob } from "../image/blobs.ts";
import { holdLease } from "../image/load.ts";

async function* single(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

export const edit = command({
  summary: "Change a blob in an editor, and print the digest of what comes of it",
  usage: "[flags] DIGEST",
  flags: {
    validate: { kind: "string", help: "Check the result against this type (not implemented)", value: "TYPE" },
    editor: { kind: "string", help: "The editor; $EDITOR unless told", value: "COMMAND" },
  },
  min: 1,
  max: 1,
  async run(cli, { flags, args: [digest] }) {
    if (flags.validate !== undefined) throw invalidArgument("validating the edit result not supported");
    const editor = flags.editor ?? process.env["EDITOR"] ?? "vi";
    const folder = mkdtempSync(join(tmpdir(), "edit-"));
    try {
      const file = join(folder, digest!.replace(":", "-"));
      writeFileSync(file, await readBlob(cli, digest!));
      const child = Bun.spawn(["sh", "-c", `${editor} "$1"`, "sh", file], {
        stdin: "inherit",
        stdout: "inherit",
        stderr: "inherit",
      });
      const code = await child.exited;
      if (code !== 0) throw systemError(`${editor} ended with exit code ${code}: nothing is changed`);
      const { digest: made } = await writeBlob(
        cli,
        cli.longCall,
        `edit-${digest}`,
        single(readFileSync(file)),
      );
      print(made);
    } finally {
      rmSync(folder, { recursive: true });
    }
    return undefined;
  },
});

/** Layers, which a label of their manifest keeps although they are unpacked. */
const LAYER_LABEL = /^containerd\.io\/gc\.ref\.content\.l\./;

export const pruneReferences = command({
  summary: "Let go of layers, of which the snapshots will do",
  usage: "[flags]",
  flags: {
    async: { kind: "bool", help: "Do not wait until the garbage has been collected" },
    dry: { kind: "bool", help: "Only tell which labels would go" },
  },
  min: 0,
  max: 0,
  async run(cli, { flags }) {
    const content = cli.client(ContentDefinition);
    const found: { digest: string; labels: string[] }[] = [];
    for await (const { info } of content.list({ filters: [] }, cli.call))
      for (const { digest, labels } of info) {
        const names = Object.keys(labels).filter((name) => LAYER_LABEL.test(name));
        if (names.length > 0) found.push({ digest, labels: names });
      }
    for (const { digest, labels } of found) {
      if (flags.dry) {
        print(...labels.map((name) => `would remove ${name} of ${digest}`));
        continue;
      }
      await labelBlob(cli, digest, Object.fromEntries(labels.map((name) => [name, ""])));
    }
    if (!flags.dry) {
      // The end of any lease, when waited for, collects.
      const id = await holdLease(cli);
      await cli.client(LeasesDefinition).delete({ id, sync: !flags.async }, cli.call);
    }
    return undefined;
  },
});
