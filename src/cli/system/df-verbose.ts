import type { ImageSummary } from "../../api/schema.ts";
import type { Cli } from "../cli.ts";
import {
  HEADERS as CONTAINER_HEADERS,
  ROW_TYPE as CONTAINER_TYPE,
  columnsOf as containerColumns,
} from "../container/columns.ts";
import { type Columns, formatList, rowField, rowOf } from "../format/list.ts";
import { humanSize } from "../format/size.ts";
import { firstRowOf, HEADERS as IMAGE_HEADERS, ROW_TYPE as IMAGE_TYPE } from "../image/columns.ts";
import { printTemplate } from "../print-template.ts";
import { compileTemplate } from "../template/execute.ts";
import { GoStruct } from "../template/struct.ts";
import {
  HEADERS as VOLUME_HEADERS,
  ROW_TYPE as VOLUME_TYPE,
  columnsOf as volumeColumns,
} from "../volume/columns.ts";
import { type DiskUsage, totalsOf } from "./usage.ts";
import { byLastUse, CACHE_HEADERS, cacheColumns } from "./usage-columns.ts";

const CACHE_TYPE = "*formatter.buildCacheContext";
const IMAGES =
  "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}";
const CONTAINERS =
  "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}";
const VOLUMES = "table {{.Name}}\t{{.Links}}\t{{.Size}}";
const CACHE =
  "table {{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}";

/** All objects, by kind. */
interface Rows {
  images: Columns[];
  containers: Columns[];
  volumes: Columns[];
  cache: Columns[];
}

/** `docker system df -v`: four tables, or a template for all objects together. */
export function printVerboseUsage(cli: Cli, usage: DiskUsage, format: string): void {
  const short = format.startsWith("table");
  const rows: Rows = {
    images: (usage.Images ?? []).map((image: ImageSummary) => firstRowOf(image, short)),
    containers: (usage.Containers ?? []).map((each) => containerColumns({ ...each, SizeRootFs: 0 }, short)),
    volumes: (usage.Volumes ?? []).map(volumeColumns),
    cache: (usage.BuildCache ?? []).toSorted(byLastUse).map((record) => cacheColumns(record, short)),
  };
  if (format === "table") cli.out(tables(rows, usage));
  else printTemplated(cli, rows, format);
}

function tables(rows: Rows, usage: DiskUsage): string {
  const cacheSize = humanSize(totalsOf(usage).at(-1)!.size);
  const table = (format: string, headers: Record<string, string>, list: Columns[], type: string) =>
    formatList({ format, headers, rows: list, type });
  return [
    `Images space usage:\n\n${table(IMAGES, IMAGE_HEADERS, rows.images, IMAGE_TYPE)}`,
    `Containers space usage:\n\n${table(CONTAINERS, CONTAINER_HEADERS, rows.containers, CONTAINER_TYPE)}`,
    `Local Volumes space usage:\n\n${table(VOLUMES, VOLUME_HEADERS, rows.volumes, VOLUME_TYPE)}`,
    `Build cache usage: ${cacheSize}\n\n${table(CACHE, CACHE_HEADERS, rows.cache, CACHE_TYPE)}`,
  ].join("\n");
}

function printTemplated(cli: Cli, rows: Rows, format: string): void {
  const list = (columns: Columns[], type: string) => columns.map((each) => rowOf(each, type));
  const data = new GoStruct("*formatter.diskUsageContext", {
    Images: { value: list(rows.images, IMAGE_TYPE) },
    Containers: { value: list(rows.containers, CONTAINER_TYPE) },
    Volumes: { value: list(rows.volumes, VOLUME_TYPE) },
    BuildCache: { value: list(rows.cache, CACHE_TYPE) },
  });
  const template = compileTemplate(format === "json" ? "{{json .}}" : format, (value, name) =>
    value instanceof GoStruct ? fieldOf(value, name) : rowField(value, name),
  );
  printTemplate(cli, template, data, "");
}

function fieldOf(data: GoStruct, name: string): unknown {
  const field = data.fields.get(name);
  if (!field) throw new Error(`can't evaluate field ${name} in type ${data.type}`);
  return field.value;
}
