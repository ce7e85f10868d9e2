import type { StorageDriver } from "../../storage/driver.ts";
import type { LayerRecords } from "../layers/records.ts";

/** Something that is wrong in a data root. */
export interface Finding {
  /** What it is about: "image sha256:…", "layer sha256:…", "container …", a path. */
  subject: string;
  problem: string;
  /** What repair() does; absent where only a person can help. */
  cure?: string;
  repair?(): void | Promise<void>;
}

/** A data root under examination. */
export interface Examined {
  /** The data root. */
  root: string;
  /** <root>/image/<driver> */
  images: string;
  driver: StorageDriver;
  records: LayerRecords;
}

/** Looks at one side of a data root; each sees what the repairs before it have left. */
export type Check = (examined: Examined) => AsyncIterable<Finding>;
