import { expect, test } from "bun:test";
import { notFound } from "../../errors/errors.ts";
import type { ServiceDefinition } from "../../protobuf/service.ts";
import { CallCounter } from "./calls.ts";
import { formatFamilies } from "./text.ts";

const method = (name: string, responseStream: boolean) =>
  ({ name, requestStream: false, responseStream }) as ServiceDefinition["methods"][string];

const definition = {
  name: "S",
  fullName: "x.S",
  methods: { get: method("Get", false), watch: method("Watch", true) },
} as unknown as ServiceDefinition;

type Handlers = {
  get(name: string): Promise<object>;
  watch(): AsyncIterable<object>;
};

test("CallCounter counts calls, messages and codes, and starts at zero", async () => {
  const counter = new CallCounter();
  const handlers = {
    async get(name: string) {
      if (name === "none") throw notFound("none");
      return {};
    },
    async *watch() {
      yield {};
      yield {};
    },
  };
  const service = counter.counted({ definition, load: async () => handlers });
  const text = () => formatFamilies(counter.families());
  const get = 'grpc_method="Get",grpc_service="x.S",grpc_type="unary"';
  const watch = 'grpc_method="Watch",grpc_service="x.S",grpc_type="server_stream"';
  expect(text()).toContain(`grpc_server_started_total{${get}} 0\n`);
  const { get: call, watch: stream } = (await service.load()) as Handlers;
  await call("some");
  expect(call("none")).rejects.toThrow("none");
  for await (const _ of stream()) break;
  for await (const _ of stream());
  const lines = text();
  expect(lines).toContain(`grpc_server_started_total{${get}} 2\n`);
  expect(lines).toContain(`grpc_server_handled_total{grpc_code="OK",${get}} 1\n`);
  expect(lines).toContain(`grpc_server_handled_total{grpc_code="NotFound",${get}} 1\n`);
  expect(lines).toContain(`grpc_server_handled_total{grpc_code="Canceled",${watch}} 1\n`);
  expect(lines).toContain(`grpc_server_handled_total{grpc_code="OK",${watch}} 1\n`);
  expect(lines).toContain(`grpc_server_msg_sent_total{${watch}} 2\n`);
});
