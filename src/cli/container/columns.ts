import type { ContainerSummary } from "../../api/schema.ts";
import { familiarReference, parseReference } from "../../reference/reference.ts";
import { humanDuration } from "../../units/human-duration.ts";
import { goTime } from "../format/go-time.ts";
import type { Columns } from "../format/list.ts";
import { humanSizeDigits } from "../format/size.ts";
import { ellipsis, goQuote, shortId } from "../format/text.ts";
import { NIL } from "../template/print.ts";
import { portsColumn } from "./ports-column.ts";

/** The Go type that stock's errors about templates name. */
export const ROW_TYPE = "*formatter.ContainerContext";

const COMMAND_WIDTH = 20;
const MOUNT_WIDTH = 15;
const SIZE_DIGITS = 3;

export const HEADERS: Record<string, string> = {
  ID: "CONTAINER ID",
  Names: "NAMES",
  Image: "IMAGE",
  Command: "COMMAND",
  CreatedAt: "CREATED AT",
  RunningFor: "CREATED",
  Ports: "PORTS",
  State: "STATE",
  Status: "STATUS",
  Size: "SIZE",
  Labels: "LABELS",
  Mounts: "MOUNTS",
  LocalVolumes: "LOCAL VOLUMES",
  Networks: "NETWORKS",
  Platform: "PLATFORM",
};

/** The columns of a container in `docker ps`; `short` cuts ids, commands and names. */
export function columnsOf(container: ContainerSummary, short: boolean): Columns {
  const { Id = "", Created = 0, Labels: labels } = container;
  return {
    ID: () => (short ? shortId(Id) : Id),
    Names: () => names(container.Names ?? [], short),
    Image: () => imageName(container, short),
    Command: () =>
      goQuote(short ? ellipsis(container.Command ?? "", COMMAND_WIDTH) : (container.Command ?? "")),
    CreatedAt: () => goTime(Created),
    RunningFor: () => `${humanDuration(Date.now() / 1000 - Created)} ago`,
    Ports: () => portsColumn(container.Ports ?? []),
    State: () => container.State ?? "",
    Status: () => container.Status ?? "",
    Size: () => sizeText(container),
    Labels: () =>
      Object.entries(labels ?? {})
        .map(([name, value]) => `${name}=${value}`)
        .sort()
        .join(","),
    Label: (name: string) => labels?.[name] ?? "",
    Mounts: () => mounts(container, short),
    LocalVolumes: () => String((container.Mounts ?? []).filter(({ Driver }) => Driver === "local").length),
    Networks: () => Object.keys(container.NetworkSettings?.Networks ?? {}).join(","),
    Platform: () => platform(container),
  };
}

/** Without the slash in front; a link's name ("other/alias") only when nothing is cut. */
function names(all: string[], short: boolean): string {
  const plain = all.map((name) => name.slice(1));
  const own = short ? plain.find((name) => !name.includes("/")) : undefined;
  return own ?? plain.join(",");
}

function imageName({ Image = "", ImageID = "" }: ContainerSummary, short: boolean): string {
  if (Image === "") return "<no image>";
  if (!short) return Image;
  if (shortId(ImageID) === shortId(Image)) return shortId(ImageID);
  try {
    const { digest: _, ...reference } = parseReference(Image);
    return familiarReference(reference);
  } catch {
    return Image;
  }
}

function sizeText({ SizeRw, SizeRootFs }: ContainerSummary): string {
  const own = humanSizeDigits(SizeRw ?? 0, SIZE_DIGITS);
  return SizeRootFs ? `${own} (virtual ${humanSizeDigits(SizeRootFs, SIZE_DIGITS)})` : own;
}

function mounts(container: ContainerSummary, short: boolean): string {
  const all = (container.Mounts ?? []).map(({ Name, Source }) => Name || Source || "");
  return all.map((name) => (short ? ellipsis(name, MOUNT_WIDTH) : name)).join(",");
}

function platform({ ImageManifestDescriptor }: ContainerSummary): string | object {
  const { os, architecture, variant } = ImageManifestDescriptor?.platform ?? {};
  return os === undefined ? NIL : [os, architecture, variant].filter(Boolean).join("/");
}
