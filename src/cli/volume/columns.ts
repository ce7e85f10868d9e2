import type { Volume } from "../../api/schema.ts";
import type { Columns } from "../format/list.ts";
import { humanSize } from "../format/size.ts";
import { labelsColumn } from "../labels.ts";

/** The Go type that stock's errors about templates name. */
export const ROW_TYPE = "*formatter.volumeContext";

export const HEADERS: Record<string, string> = {
  Name: "VOLUME NAME",
  Group: "GROUP",
  Driver: "DRIVER",
  Scope: "SCOPE",
  Availability: "AVAILABILITY",
  Mountpoint: "MOUNTPOINT",
  Labels: "LABELS",
  Links: "LINKS",
  Size: "SIZE",
  Status: "STATUS",
};

const NONE = "N/A";

/** The columns of a volume in lists. Its size and links are known to `docker system df` only. */
export function columnsOf(volume: Volume): Columns {
  const { UsageData: usage, Labels: labels } = volume;
  return {
    Name: () => volume.Name,
    Driver: () => volume.Driver,
    Scope: () => volume.Scope,
    Mountpoint: () => volume.Mountpoint,
    Labels: () => labelsColumn(labels),
    Label: (name: string) => labels?.[name] ?? "",
    Links: () => (usage ? String(usage.RefCount) : NONE),
    Size: () => (usage ? humanSize(usage.Size) : NONE),
    // Volumes of a cluster have these; there are none outside a swarm.
    Group: () => NONE,
    Availability: () => NONE,
    Status: () => NONE,
  };
}
