import { exists, invalidArgument, kindOf, outOfRange } from "../../errors/errors.ts";
import { type CallContext, service } from "../../grpc/server.ts";
import {
  ContentDefinition,
  WriteAction,
  type WriteContentRequest,
} from "../../proto/containerd/services/content/v1/content.ts";
import { wrongDigest } from "../content/digest.ts";
import type { IngestStatus, IngestWriter } from "../content/ingest.ts";
import type { BlobInfo, ContentStore } from "../content/store.ts";
import type { EventExchange } from "../events/exchange.ts";
import type { LeaseStore } from "../metadata/leases.ts";
import { namespaceOf, within } from "../metadata/validate.ts";
import { fromMillis } from "../timestamp.ts";

const PAGE = 100;

const wireInfo = (info: BlobInfo) => ({
  digest: info.digest,
  size: BigInt(info.size),
  createdAt: fromMillis(info.createdAt),
  updatedAt: fromMillis(info.updatedAt),
  labels: info.labels,
});

const wireStatus = (status: IngestStatus) => ({
  ref: status.ref,
  offset: BigInt(status.offset),
  total: BigInt(status.total),
  expected: status.expected,
  startedAt: fromMillis(status.startedAt),
  updatedAt: fromMillis(status.updatedAt),
});

/** Of the times and the total only who asks for them is told. */
const wireProgress = (action: WriteAction, { status, digest }: IngestWriter) => ({
  ...{ action, digest, offset: BigInt(status.offset) },
  ...(action === WriteAction.STAT
    ? {
        total: BigInt(status.total),
        startedAt: fromMillis(status.startedAt),
        updatedAt: fromMillis(status.updatedAt),
      }
    : {}),
});

/** Errors: invalidArgument. */
function checkDigest(digest: string): void {
  if (wrongDigest(digest)) throw invalidArgument(`${JSON.stringify(digest)} failed validation`);
}

/** containerd.services.content.v1. What a call with a lease writes is kept by that lease. */
export function contentService(store: ContentStore, leases: LeaseStore, events: EventExchange) {
  return service(ContentDefinition, () => ({
    info({ digest }, context) {
      checkDigest(digest);
      return { info: wireInfo(store.info(namespaceOf(context), digest)) };
    },
    update({ info, updateMask }, context) {
      if (!info) throw invalidArgument("info is missing in the request: invalid argument");
      checkDigest(info.digest);
      const updated = store.update(namespaceOf(context), info.digest, info.labels, updateMask?.paths);
      return { info: wireInfo(updated) };
    },
    async *list({ filters }, context) {
      const all = store.list(namespaceOf(context), filters).map(wireInfo);
      for (let at = 0; at < all.length; at += PAGE) yield { info: all.slice(at, at + PAGE) };
    },
    delete({ digest }, context) {
      const wrong = wrongDigest(digest);
      if (wrong) throw invalidArgument(wrong);
      const namespace = namespaceOf(context);
      store.delete(namespace, digest);
      events.publish(namespace, "/content/delete", { digest });
      return {};
    },
    async *read({ digest, offset: start, size }, context) {
      const wrong = wrongDigest(digest);
      if (wrong) throw invalidArgument(`${digest}: ${wrong}`);
      let offset = Math.max(0, Number(start));
      for await (const data of store.read(namespaceOf(context), digest, offset, Number(size))) {
        yield { offset: BigInt(offset), data };
        offset += data.length;
      }
    },
    status({ ref }, context) {
      const namespace = namespaceOf(context);
      let status: IngestStatus | undefined;
      within(`could not get status for ref ${JSON.stringify(ref)}`, () => {
        status = store.status(namespace, ref);
      });
      return { status: wireStatus(status!) };
    },
    listStatuses: ({ filters }, context) => ({
      statuses: store.statuses(namespaceOf(context), filters).map(wireStatus),
    }),
    write: (requests, context) => write(store, leases, requests, context),
    abort({ ref }, context) {
      store.abort(namespaceOf(context), ref);
      return {};
    },
  }));
}

/**
 * One client writes one ref: it asks for the state, writes at the current offset, and commits, which ends
 * the stream. A client that leaves earlier may come back and go on.
 */
async function* write(
  store: ContentStore,
  leases: LeaseStore,
  requests: AsyncIterable<WriteContentRequest>,
  context: CallContext,
) {
  const namespace = namespaceOf(context);
  let writer: IngestWriter | undefined;
  /** One whose content is here already. */
  let present: IngestWriter | undefined;
  try {
    for await (const request of requests) {
      writer ??= await store.openWriter(namespace, request.ref, Number(request.total), request.expected);
      if (request.expected !== "" && store.has(namespace, request.expected)) {
        present = writer;
        throw exists(`blob with expected digest ${request.expected} exists`, {
          data: { digest: request.expected },
        });
      }
      if (request.action !== WriteAction.STAT) await writeData(writer, request);
      if (request.action !== WriteAction.COMMIT) {
        yield wireProgress(request.action, writer);
        continue;
      }
      const digest = await store.commit(
        namespace,
        writer,
        Number(request.total),
        request.expected,
        request.labels,
      );
      if (context.lease !== "") leases.addResource(namespace, context.lease, { type: "content", id: digest });
      yield wireProgress(request.action, writer);
      return;
    }
  } catch (error) {
    const digest = (error as { data?: { digest?: string } }).data?.digest;
    // What is here already must be kept for the client as if it had just written it.
    if (kindOf(error) === "exists" && digest && context.lease !== "")
      leases.addResource(namespace, context.lease, { type: "content", id: digest });
    throw error;
  } finally {
    if (writer) await store.closeWriter(writer);
    if (present) store.abort(namespace, present.status.ref);
  }
}

async function writeData(writer: IngestWriter, { offset, data }: WriteContentRequest): Promise<void> {
  const current = writer.status.offset;
  if (offset > 0n && Number(offset) !== current)
    throw outOfRange(`write @${offset} must occur at current offset ${current}`);
  if (offset === 0n && current > 0) await writer.truncate(0);
  if (data.length > 0) await writer.write(data);
}
