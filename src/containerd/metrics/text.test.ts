import { expect, test } from "bun:test";
import { formatFamilies, type Sample } from "./text.ts";

test("formatFamilies() writes Prometheus' text format and leaves out what has no samples", () => {
  const samples: Sample[] = [
    { labels: { id: 'a"b\\c' }, value: 5n },
    { labels: {}, value: 1.5 },
  ];
  const text = formatFamilies([
    { name: "x_bytes", help: "Bytes.", type: "gauge", samples },
    { name: "none", help: "Nothing.", type: "counter", samples: [] },
  ]);
  expect(text).toBe('# HELP x_bytes Bytes.\n# TYPE x_bytes gauge\nx_bytes{id="a\\"b\\\\c"} 5\nx_bytes 1.5\n');
});
