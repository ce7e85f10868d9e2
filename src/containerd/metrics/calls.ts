/** Calls of the gRPC services, counted under the names that go-grpc-prometheus has for them, as stock containerd. */
import { kindOf } from "../../errors/errors.ts";
import { GRPC_CODE } from "../../errors/grpc.ts";
import type { Service } from "../../grpc/server.ts";
import type { MethodDefinition } from "../../protobuf/service.ts";
import type { Family, Sample } from "./text.ts";

/** By number, as the metrics spell them. */
const CODES = [
  ...["OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound", "AlreadyExists"],
  ...["PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted", "OutOfRange"],
  ...["Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated"],
];

interface Counts {
  labels: Record<string, string>;
  started: number;
  received: number;
  sent: number;
  /** By code. */
  handled: number[];
}

type Handler = (input: unknown, context: unknown) => unknown;

function typeOf({ requestStream, responseStream }: MethodDefinition): string {
  if (requestStream) return responseStream ? "bidi_stream" : "client_stream";
  return responseStream ? "server_stream" : "unary";
}

export class CallCounter {
  readonly #counts: Counts[] = [];

  /** The same service, whose calls are counted. */
  counted({ definition, load }: Service): Service {
    const methods = Object.entries(definition.methods).map(([key, method]) => {
      const labels = {
        grpc_method: method.name,
        grpc_service: definition.fullName,
        grpc_type: typeOf(method),
      };
      const counts: Counts = { labels, started: 0, received: 0, sent: 0, handled: CODES.map(() => 0) };
      this.#counts.push(counts);
      return { key, method, counts };
    });
    const loadCounted = async () => {
      const handlers = await load();
      return Object.fromEntries(
        methods.map(({ key, method, counts }) => [key, wrap(handlers[key] as Handler, method, counts)]),
      );
    };
    let loaded: Promise<Record<string, unknown>> | undefined;
    return { definition, load: () => (loaded ??= loadCounted()) };
  }

  families(): Family[] {
    const family = (name: string, help: string, of: (counts: Counts) => number): Family => ({
      ...{ name, help, type: "counter" },
      samples: this.#counts.map((counts) => ({ labels: counts.labels, value: of(counts) })),
    });
    const handled = this.#counts.flatMap(({ labels, handled: byCode }) =>
      byCode.map((value, code): Sample => ({ labels: { grpc_code: CODES[code]!, ...labels }, value })),
    );
    return [
      {
        name: "grpc_server_handled_total",
        help: "Total number of RPCs completed on the server, regardless of success or failure.",
        type: "counter",
        samples: handled,
      },
      family(
        "grpc_server_msg_received_total",
        "Total number of RPC stream messages received on the server.",
        ({ received }) => received,
      ),
      family(
        "grpc_server_msg_sent_total",
        "Total number of gRPC stream messages sent by the server.",
        ({ sent }) => sent,
      ),
      family(
        "grpc_server_started_total",
        "Total number of RPCs started on the server.",
        ({ started }) => started,
      ),
    ];
  }
}

function wrap(handler: Handler, method: MethodDefinition, counts: Counts): Handler {
  return method.responseStream
    ? (input, context) => countStream(handler, method, counts, input, context)
    : (input, context) => countUnary(handler, counts, input, context);
}

const failed = (counts: Counts, error: unknown) => {
  const code = GRPC_CODE[kindOf(error)];
  counts.handled[code] = (counts.handled[code] ?? 0) + 1;
};

async function countUnary(handler: Handler, counts: Counts, input: unknown, context: unknown) {
  counts.started++;
  counts.received++;
  try {
    const answer = await handler(input, context);
    counts.sent++;
    counts.handled[0]!++;
    return answer;
  } catch (error) {
    failed(counts, error);
    throw error;
  }
}

async function* countStream(
  handler: Handler,
  { requestStream }: MethodDefinition,
  counts: Counts,
  input: unknown,
  context: unknown,
): AsyncGenerator<unknown> {
  counts.started++;
  if (!requestStream) counts.received++;
  const requests = requestStream ? countRequests(input as AsyncIterable<unknown>, counts) : input;
  let code: number | undefined = GRPC_CODE.cancelled;
  try {
    for await (const answer of handler(requests, context) as AsyncIterable<unknown>) {
      yield answer;
      counts.sent++;
    }
    code = 0;
  } catch (error) {
    code = undefined;
    failed(counts, error);
    throw error;
  } finally {
    // A client that leaves ends the loop over this from outside.
    if (code !== undefined) counts.handled[code]!++;
  }
}

async function* countRequests(requests: AsyncIterable<unknown>, counts: Counts): AsyncGenerator<unknown> {
  for await (const request of requests) {
    counts.received++;
    yield request;
  }
}
