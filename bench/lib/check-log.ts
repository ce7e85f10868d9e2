/** bun check-log.ts SOCKET CONTAINER LINE: follows a log of numbered lines of a fixed length; prints how many came, in order. */
const [socket = "", container, line = "100"] = process.argv.slice(2);
const HEADER = 8;
const step = HEADER + Number(line);

const response = await fetch(`http://engine/v1.41/containers/${container}/logs?stdout=1&follow=1`, {
  unix: socket,
});
let rest: Buffer = Buffer.alloc(0);
let count = 0;
for await (const chunk of response.body!) {
  const bytes =
    rest.length === 0
      ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
      : Buffer.concat([rest, chunk]);
  let at = 0;
  for (; at + step <= bytes.length; at += step) {
    // The last twelve digits are the number.
    let number = 0;
    for (let i = at + step - 13; i < at + step - 1; i++) number = number * 10 + bytes[i]! - 48;
    if (number !== count) throw new Error(`line ${count} is number ${number}`);
    count++;
  }
  rest = bytes.subarray(at);
}
if (rest.length > 0) throw new Error(`${rest.length} bytes too many`);
console.log(count);
