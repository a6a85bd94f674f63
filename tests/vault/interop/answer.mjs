// Answers questions of the Python tests, one JSON object a line; bytes travel as hexadecimal digits.

import { Buffer } from "node:buffer";
import { createInterface } from "node:readline";

import * as wire from "./wire.mjs";

const bytes = wire.fromHex;

const acts = {
  context: (ask) => wire.context(ask.label, ask.parts),
  derive: (ask) => wire.derive(bytes(ask.key), bytes(ask.place), ask.length),
  publicKey: (ask) => wire.publicKey(bytes(ask.seed)),
  decapsulate: (ask) => wire.decapsulate(bytes(ask.seed), bytes(ask.ciphertext)),
  wrap: (ask) => wire.wrap(bytes(ask.public), bytes(ask.place), bytes(ask.key)),
  unwrap: (ask) => wire.unwrap(bytes(ask.seed), bytes(ask.place), bytes(ask.wrapped)),
  seal: (ask) => wire.seal(bytes(ask.key), bytes(ask.place), bytes(ask.value), ask.pad, ask.salt && bytes(ask.salt)),
  unseal: (ask) => wire.unseal(bytes(ask.key), bytes(ask.place), bytes(ask.sealed)),
  sealDocument: (ask) => wire.sealDocument(bytes(ask.key), bytes(ask.place), bytes(ask.content)),
  unsealDocument: (ask) => wire.unsealDocument(bytes(ask.key), bytes(ask.place), bytes(ask.sealed), ask.length),
  paddedSize: (ask) => wire.paddedSize(ask.size),
};

async function answer(line) {
  const ask = JSON.parse(line);
  try {
    const made = await acts[ask.act](ask);
    return made instanceof Uint8Array ? { bytes: Buffer.from(made).toString("hex") } : { value: made };
  } catch (problem) {
    return problem instanceof wire.UnsealError ? { shut: true } : { error: String(problem?.stack ?? problem) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
}
