import type { Columns } from "../format/list.ts";
import { binarySize, humanSizeDigits } from "../format/size.ts";
import { shortId } from "../format/text.ts";
import type { Watched } from "./watch.ts";

/** The Go type that stock's errors about templates name. */
export const ROW_TYPE = "*container.statsContext";

export const TABLE =
  "table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}";

export const HEADERS: Record<string, string> = {
  Container: "CONTAINER",
  Name: "NAME",
  ID: "CONTAINER ID",
  CPUPerc: "CPU %",
  MemUsage: "MEM USAGE / LIMIT",
  MemPerc: "MEM %",
  NetIO: "NET I/O",
  BlockIO: "BLOCK I/O",
  PIDs: "PIDS",
};

const NOTHING = "--";
const DIGITS = 3;
const percent = (value: number) => `${value.toFixed(2)}%`;
const pair = (a: number, b: number) => `${humanSizeDigits(a, DIGITS)} / ${humanSizeDigits(b, DIGITS)}`;

/** The columns of a container in `docker stats`; dashes where nothing valid is known. */
export function columnsOf({ asked, sample, valid }: Watched, short: boolean): Columns {
  const value = (text: (known: NonNullable<typeof sample>) => string, otherwise = NOTHING) =>
    valid && sample ? text(sample) : otherwise;
  const id = sample?.id ?? "";
  return {
    Container: () => asked,
    Name: () => (sample && sample.name.length > 1 ? sample.name.slice(1) : NOTHING),
    ID: () => (short ? shortId(id) : id),
    CPUPerc: () => value(({ cpuPercent }) => percent(cpuPercent)),
    MemUsage: () =>
      value(({ memory, memoryLimit }) => `${binarySize(memory)} / ${binarySize(memoryLimit)}`, "-- / --"),
    MemPerc: () => value(({ memoryPercent }) => percent(memoryPercent)),
    NetIO: () => value(({ received, sent }) => pair(received, sent)),
    BlockIO: () => value(({ read, written }) => pair(read, written)),
    PIDs: () => value(({ processes }) => String(processes)),
  };
}
