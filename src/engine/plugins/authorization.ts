import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { forbidden, messageOf, systemError } from "../../errors/errors.ts";
import { PluginClient } from "./client.ts";
import { findPlugin } from "./find.ts";

interface Verdict {
  Allow?: boolean;
  Msg?: string;
}

/** What plugins are told of a request; of its answer, the fields that begin with Response. */
interface Question {
  User: string;
  UserAuthNMethod: string;
  RequestMethod: string;
  RequestUri: string;
  RequestBody?: string;
  RequestHeaders: Record<string, string>;
  ResponseStatusCode?: number;
  ResponseBody?: string;
  ResponseHeaders?: Record<string, string>;
}

/** Asks the authorization plugins, in order; one that says no, or says nothing, is the end. */
export class Authorization {
  readonly #names: () => readonly string[];
  readonly #find: typeof findPlugin;
  readonly #clients = new Map<string, PluginClient>();

  /** `names` is looked at for each request, because a reload may change it. */
  constructor(names: () => readonly string[], find = findPlugin) {
    this.#names = names;
    this.#find = find;
  }

  get active(): boolean {
    return this.#names().length > 0;
  }

  /** Errors: forbidden. */
  request(req: IncomingMessage, body: Buffer | undefined): Promise<void> {
    return this.#ask("AuthZPlugin.AuthZReq", questionOf(req, body));
  }

  /** Errors: forbidden. */
  answer(req: IncomingMessage, status: number, headers: Record<string, string>, body: Buffer): Promise<void> {
    const question = {
      ...questionOf(req, undefined),
      ResponseStatusCode: status,
      ResponseHeaders: headers,
      ResponseBody: body.toString("base64"),
    };
    return this.#ask("AuthZPlugin.AuthZRes", question);
  }

  async #ask(method: string, question: Question): Promise<void> {
    for (const name of this.#names()) {
      const { Allow, Msg = "" } = await this.#verdict(name, method, question);
      if (Allow !== true) throw forbidden(`authorization denied by plugin ${name}: ${Msg}`);
    }
  }

  async #verdict(name: string, method: string, question: Question): Promise<Verdict> {
    let client = this.#clients.get(name);
    if (!client) {
      client = new PluginClient(name, this.#find);
      this.#clients.set(name, client);
    }
    try {
      return await client.call<Verdict>("authz", method, question);
    } catch (cause) {
      throw systemError(`plugin ${name} failed with error: ${messageOf(cause)}`, { cause });
    }
  }
}

function questionOf(req: IncomingMessage, body: Buffer | undefined): Question {
  const headers = Object.entries(req.headers).flatMap(([name, value]) =>
    value === undefined || /^(x-registry-(auth|config))$/.test(name) ? [] : [[name, String(value)] as const],
  );
  const user = (req.socket as Partial<TLSSocket>).getPeerCertificate?.()?.subject?.CN;
  return {
    User: typeof user === "string" ? user : "",
    UserAuthNMethod: user ? "TLS" : "",
    RequestMethod: req.method ?? "",
    RequestUri: req.url ?? "",
    ...(body ? { RequestBody: body.toString("base64") } : {}),
    RequestHeaders: Object.fromEntries(headers),
  };
}
