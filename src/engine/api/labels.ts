/**
 * True if all of `wanted` ("key" or "key=value") are among the labels, and none of `unwanted` is; as the
 * filters label and label! of the Engine API mean it.
 */
export function matchesLabels(
  wanted: string[] | undefined,
  labels: Record<string, string> | null | undefined,
  unwanted?: string[],
): boolean {
  const has = (item: string) => {
    const mark = item.indexOf("=");
    const key = mark < 0 ? item : item.slice(0, mark);
    const value = labels?.[key];
    return value !== undefined && (mark < 0 || value === item.slice(mark + 1));
  };
  return (wanted ?? []).every(has) && !(unwanted ?? []).some(has);
}
