import { invalidArgument } from "../../../errors/errors.ts";

/** "80", "53/udp", "8000-8002/tcp" as they stand in an image. Errors: invalidArgument, in stock's words. */
export function parsePorts(specs: readonly string[]): string[] {
  return specs.flatMap((spec) => {
    const [range = "", given = ""] = spec.split("/");
    const protocol = given === "" ? "tcp" : given;
    const container = range.slice(range.lastIndexOf(":") + 1);
    const [first = "", last = first] = container.split("-");
    if (!isPort(first) || !isPort(last) || Number(first) > Number(last))
      throw invalidArgument(`Invalid containerPort: ${container}`);
    if (!["tcp", "udp", "sctp"].includes(protocol.toLowerCase()))
      throw invalidArgument(`Invalid proto: ${protocol}`);
    const count = Number(last) - Number(first) + 1;
    return Array.from({ length: count }, (_, i) => `${Number(first) + i}/${protocol.toLowerCase()}`);
  });
}

const isPort = (text: string): boolean => /^\d+$/.test(text) && Number(text) <= 65535;
