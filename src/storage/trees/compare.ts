import { lstatSync, readdirSync, type Stats } from "node:fs";
import { type Change, ChangeKind } from "../driver.ts";

/** What a whole tree says against an older one, sorted by path. */
export function compareTrees(now: string, before: string | undefined): Change[] {
  const changes: Change[] = [];
  compare("", now, before, changes);
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function compare(path: string, now: string, before: string | undefined, changes: Change[]): boolean {
  const old = new Set(before === undefined ? [] : namesIn(`${before}${path}`));
  let any = false;
  for (const name of namesIn(`${now}${path}`)) {
    const child = `${path}/${name}`;
    const stat = lstatSync(`${now}${child}`);
    const was = old.delete(name) ? lstatSync(`${before}${child}`) : undefined;
    const inside =
      stat.isDirectory() && compare(child, now, was?.isDirectory() ? before : undefined, changes);
    if (!was) changes.push({ path: child, kind: ChangeKind.added });
    else if (inside || differs(stat, was)) changes.push({ path: child, kind: ChangeKind.modified });
    else continue;
    any = true;
  }
  for (const name of old) changes.push({ path: `${path}/${name}`, kind: ChangeKind.deleted });
  return any || old.size > 0;
}

const namesIn = (path: string): string[] =>
  lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(path) : [];

function differs(a: Stats, b: Stats): boolean {
  const folder = a.isDirectory() && b.isDirectory();
  return (
    a.mode !== b.mode ||
    a.uid !== b.uid ||
    a.gid !== b.gid ||
    a.rdev !== b.rdev ||
    (!folder && (a.size !== b.size || a.mtimeMs !== b.mtimeMs))
  );
}
