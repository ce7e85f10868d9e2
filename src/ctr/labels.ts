/** Labels as they are given on the command line. */

/** "k=v" arguments; a name alone has an empty value, which removes a label. */
export function parseLabels(args: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    args.map((arg) => {
      const mark = arg.indexOf("=");
      return mark < 0 ? [arg, ""] : [arg.slice(0, mark), arg.slice(mark + 1)];
    }),
  );
}

/** What an update of these labels names, so that others stay as they are. */
export const labelMask = (labels: Readonly<Record<string, string>>) => ({
  paths: Object.keys(labels).map((name) => `labels.${name}`),
});
