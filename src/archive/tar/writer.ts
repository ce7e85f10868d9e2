import { BLOCK, checksumOf, FIELDS, NO_XATTRS, paddingOf, type TarHeader, type TarType } from "./header.ts";
import { paxRecord } from "./pax.ts";

const FLAG_OF: Record<TarType, string> = {
  file: "0",
  link: "1",
  symlink: "2",
  char: "3",
  block: "4",
  directory: "5",
  fifo: "6",
};

/** A header with everything that is not given at its plainest. */
export function tarHeader(fields: Partial<TarHeader> & Pick<TarHeader, "name" | "type">): TarHeader {
  return {
    size: 0,
    mode: fields.type === "directory" ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    linkname: "",
    devmajor: 0,
    devminor: 0,
    xattrs: NO_XATTRS,
    ...fields,
  };
}

/** The header block of an entry, after a pax header for what does not fit into it. */
export function encodeHeader(header: TarHeader): Uint8Array {
  const name = header.type === "directory" && !header.name.endsWith("/") ? `${header.name}/` : header.name;
  const records = paxRecordsOf(header, name);
  const main = block(header, name, FLAG_OF[header.type], header.size);
  if (records.length === 0) return main;
  const content = Buffer.concat(records);
  const shortName = `PaxHeaders.0/${name}`.slice(0, 90);
  const extension = block({ ...header, mode: 0o644, linkname: "" }, asciiOf(shortName), "x", content.length);
  return Buffer.concat([extension, content, Buffer.alloc(paddingOf(content.length)), main]);
}

/** What follows an entry's content. */
export const padding = (size: number): Uint8Array => Buffer.alloc(paddingOf(size));

/** What ends an archive. */
export const END_OF_ARCHIVE: Uint8Array = Buffer.alloc(2 * BLOCK);

const asciiOf = (text: string) => text.replace(/[^ -~]/g, "_");
const isPlain = (text: string, most: number) => text.length <= most && /^[ -~]*$/.test(text);

function paxRecordsOf(header: TarHeader, name: string): Buffer[] {
  const records: Buffer[] = [];
  if (!isPlain(name, 100)) records.push(paxRecord("path", name));
  if (!isPlain(header.linkname, 100)) records.push(paxRecord("linkpath", header.linkname));
  if (header.size >= 8 ** 11) records.push(paxRecord("size", String(header.size)));
  if (header.uid >= 8 ** 7) records.push(paxRecord("uid", String(header.uid)));
  if (header.gid >= 8 ** 7) records.push(paxRecord("gid", String(header.gid)));
  if (!Number.isInteger(header.mtime) || header.mtime < 0) {
    records.push(paxRecord("mtime", header.mtime.toFixed(9).replace(/\.?0+$/, "")));
  }
  for (const [key, value] of header.xattrs) records.push(paxRecord(`SCHILY.xattr.${key}`, value));
  return records;
}

function block(header: TarHeader, name: string, flag: string, size: number): Buffer {
  const out = Buffer.alloc(BLOCK);
  const put = (text: string, [offset, length]: readonly [number, number]) =>
    out.write(text.slice(0, length), offset, "latin1");
  const octal = (value: number, [offset, length]: readonly [number, number]) => {
    const fits = value >= 0 && value < 8 ** (length - 1);
    put(
      `${Math.floor(fits ? value : 0)
        .toString(8)
        .padStart(length - 1, "0")}\0`,
      [offset, length],
    );
  };
  put(asciiOf(name), FIELDS.name);
  octal(header.mode & 0o7777, FIELDS.mode);
  octal(header.uid, FIELDS.uid);
  octal(header.gid, FIELDS.gid);
  octal(size, FIELDS.size);
  octal(header.mtime, FIELDS.mtime);
  put(flag, FIELDS.typeflag);
  put(asciiOf(header.linkname), FIELDS.linkname);
  put("ustar\x0000", FIELDS.magic);
  out.write("00", FIELDS.version[0], "latin1");
  octal(header.devmajor, FIELDS.devmajor);
  octal(header.devminor, FIELDS.devminor);
  // The sum is made with spaces in its own place.
  const sum = checksumOf(out);
  out.write(`${sum.toString(8).padStart(6, "0")}\0 `, FIELDS.checksum[0], "latin1");
  return out;
}
