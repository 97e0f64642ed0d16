// Requests of the HTTPS interface made by hand, so that a test can make them wrong.
import crypto from "node:crypto";

const head = (major, value) => {
  const number = BigInt(value);
  if (number < 24n) return Buffer.from([(major << 5) | Number(number)]);
  for (const [info, bytes] of [[24, 1], [25, 2], [26, 4], [27, 8]]) {
    if (number < 1n << BigInt(8 * bytes)) {
      const hex = number.toString(16).padStart(2 * bytes, "0");
      return Buffer.concat([Buffer.from([(major << 5) | info]), Buffer.from(hex, "hex")]);
    }
  }
  throw new Error(`no CBOR integer: ${value}`);
};

/** CBOR of numbers, strings, byte strings, arrays and objects. */
export function cbor(value) {
  if (typeof value === "number" || typeof value === "bigint") return head(0, value);
  if (typeof value === "string") {
    const text = Buffer.from(value);
    return Buffer.concat([head(3, text.length), text]);
  }
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  const entries = Object.entries(value);
  return Buffer.concat([
    head(5, entries.length),
    ...entries.flatMap(([key, inner]) => [cbor(key), cbor(inner)]),
  ]);
}

const kSelfDescribed = Buffer.from("d9d9f7", "hex");
export const envelope = (content, beside = {}) =>
  Buffer.concat([kSelfDescribed, cbor({ content, ...beside })]);

const kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
/** The bytes of a principal's text. */
export function principal(text) {
  let bits = "";
  for (const c of text.replaceAll("-", "")) {
    bits += kAlphabet.indexOf(c).toString(2).padStart(5, "0");
  }
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2));
  return Uint8Array.from(bytes.slice(4));
}
/** The text of a principal's bytes. */
export function principalText(bytes) {
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(bytes));
  let bits = "";
  for (const byte of [...checksum, ...bytes]) bits += byte.toString(2).padStart(8, "0");
  const letters = bits.match(/.{1,5}/g).map((five) => kAlphabet[parseInt(five.padEnd(5, "0"), 2)]);
  return letters.join("").match(/.{1,5}/g).join("-");
}
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; ++i) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

export const kAnonymous = Uint8Array.from([4]);
export const kNoArguments = Buffer.from("DIDL\0\0");
export const inSeconds = (seconds) => BigInt(Date.now()) * 1_000_000n + BigInt(seconds) * 10n ** 9n;

/** Content of an anonymous call or query; `changes` replace fields. */
export function content(type, canister, method, arg = kNoArguments, changes = {}) {
  return {
    request_type: type,
    sender: kAnonymous,
    nonce: crypto.randomBytes(16),
    ingress_expiry: inSeconds(240),
    canister_id: principal(canister),
    method_name: method,
    arg,
    ...changes,
  };
}

/** An Ed25519 key, as an envelope shows it. */
export function newKey() {
  const { publicKey, privateKey } = crypto.generateKeyPairSync("ed25519");
  const der = publicKey.export({ type: "spki", format: "der" });
  const sender = Buffer.concat([
    crypto.createHash("sha224").update(der).digest(),
    Buffer.from([2]),
  ]);
  return { der, sender, privateKey };
}

/** Posts bytes; gives {status, body, text}. */
export async function post(url, path, body) {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/cbor" },
    body,
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, body: bytes, text: bytes.toString("latin1") };
}

/** Calls `method` and waits; gives the answer as post() does. */
export const call = (url, canister, method, arg, changes, effective = canister) =>
  post(url, `/api/v3/canister/${effective}/call`,
    envelope(content("call", canister, method, arg, changes)));

/** Whether a call's answer holds a certificate in which the request's status is "replied". */
export const isReplied = (answer) =>
  answer.status === 200 && answer.text.includes("certificate") && answer.text.includes("\x47replied");
