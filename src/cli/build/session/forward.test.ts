import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { BytesMessage, CheckAgentRequest } from "../../../proto/moby/sshforward/v1/ssh.ts";
import { agentMethods } from "./forward.ts";

const path = join(mkdtempSync("/tmp/pequod-agent-"), "sock");
const asked: number[] = [];
const agent = createServer((socket) => {
  socket.on("data", (data: Buffer) => {
    asked.push(data[4]!);
    socket.write(Buffer.of(0, 0, 0, 2, 12, data[4]!));
  });
}).listen(path);
afterAll(() => void agent.close());

const { "/moby.sshforward.v1.SSH/CheckAgent": check, "/moby.sshforward.v1.SSH/ForwardAgent": forward } =
  agentMethods(new Map([["one", path]]));

async function* messages(...data: Buffer[]): AsyncGenerator<Uint8Array> {
  for (const one of data) yield BytesMessage.encode({ data: one });
}
const collect = async (answers: AsyncIterable<Uint8Array>): Promise<number[][]> =>
  (await Array.fromAsync(answers)).map((one) => [...BytesMessage.decode(one).data]);

describe("agentMethods()", () => {
  test("forwards questions for keys and signatures; whatever would change the agent is refused", async () => {
    const [list, sign, add, lock] = [11, 13, 17, 22].map((kind) => Buffer.of(0, 0, 0, 1, kind));
    const split = [list!.subarray(0, 3), Buffer.concat([list!.subarray(3), add!]), lock!, sign!];
    const answers = await collect(forward!(messages(...split), { "buildkit.ssh.id": "one" }));
    const refused = [0, 0, 0, 1, 5];
    expect(answers).toEqual([[0, 0, 0, 2, 12, 11], refused, refused, [0, 0, 0, 2, 12, 13]]);
    expect(asked).toEqual([11, 13]);
  });
  test("knows the agents that it was given", async () => {
    const ask = (ID: string) => {
      const request = (async function* () {
        yield CheckAgentRequest.encode({ ID });
      })();
      return Array.fromAsync(check!(request, {}));
    };
    expect(await ask("one")).toHaveLength(1);
    expect(ask("")).rejects.toThrow("unset ssh forward key default");
  });
  test("a message longer than the protocol has is not believed", () => {
    const huge = messages(Buffer.of(127, 0, 0, 0, 11));
    expect(collect(forward!(huge, { "buildkit.ssh.id": "one" }))).rejects.toThrow("longer than is believed");
  });
});
