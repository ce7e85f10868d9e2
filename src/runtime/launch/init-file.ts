import embedded from "../../../.build/init" with { type: "file" };
import { sealedFile } from "../../linux/memfd.ts";

/**
 * The plan executor as a sealed memory file: what a container's process runs, and could reach through
 * /proc/PID/exe, is a copy that cannot be written to (CVE-2019-5736).
 */
export async function initFile(): Promise<number> {
  return sealedFile("docker-runc-init", await Bun.file(embedded).bytes(), true);
}
