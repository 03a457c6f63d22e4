const code = { quote: 0x22, backslash: 0x5c, comma: 0x2c, colon: 0x3a, bracket: 0x5b, brace: 0x7b } as const;
/** A character may take two bytes. */
const bytesOfByte = 2;
/** An empty object of V8, with its place in what holds it. */
const bytesOfContainer = 64;
/** A value with its place, or a name in a large object. */
const bytesOfValue = 32;

/**
 * How many bytes of heap the JSON may take once it is read, counted without reading it: `{},` is 3 bytes here and 64
 * there. For an answer as Director gives it this is about four times what it is in the end.
 */
export function weighAnswer(body: Uint8Array): number {
  let containers = 0;
  let values = 0;
  for (let at = 0; at < body.length; at += 1) {
    switch (body[at]) {
      case code.quote:
        at = findEndOfText(body, at);
        break;
      case code.brace:
      case code.bracket:
        containers += 1;
        break;
      case code.comma:
      case code.colon:
        values += 1;
        break;
      default:
    }
  }
  return body.length * bytesOfByte + containers * bytesOfContainer + values * bytesOfValue;
}

function findEndOfText(body: Uint8Array, start: number): number {
  for (let at = start + 1; at < body.length; at += 1) {
    if (body[at] === code.quote) return at;
    if (body[at] === code.backslash) at += 1;
  }
  return body.length;
}
