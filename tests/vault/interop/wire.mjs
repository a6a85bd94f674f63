// The wire format a second time, from its specifications and on WebCrypto alone (Node 24.7 and later):
// X-Wing (draft-connolly-cfrg-xwing-kem), HPKE base mode (RFC 9180), C2SP chunked-encryption (Cobblestone-256),
// and the contexts, lengths and paddings of docs/sealed-format.md. For tests only: it wipes nothing.

import { Buffer } from "node:buffer";

const { subtle } = globalThis.crypto;
const text = new TextEncoder();

export class UnsealError extends Error {}

export const fromHex = (digits) => Uint8Array.from(Buffer.from(digits, "hex"));
const fromBase64 = (encoded) => Uint8Array.from(Buffer.from(encoded, "base64url"));

export function join(...pieces) {
  const made = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    made.set(piece, at);
    at += piece.length;
  }
  return made;
}

function big(number, size) {
  const made = new Uint8Array(size);
  for (let at = size - 1, rest = BigInt(number); at >= 0; at -= 1, rest >>= 8n) made[at] = Number(rest & 0xffn);
  return made;
}

function same(one, other) {
  if (one.length !== other.length) return false;
  let differ = 0;
  for (let at = 0; at < one.length; at += 1) differ |= one[at] ^ other[at];
  return differ === 0;
}

async function orUnseal(promise) {
  try {
    return new Uint8Array(await promise);
  } catch {
    throw new UnsealError();
  }
}

// Contexts: label, 0x00, then each part behind its length (section 3).

const encoders = {
  text: (value) => text.encode(value),
  number: (value) => big(value, 8),
  uuid: (value) => fromHex(value.replaceAll("-", "")),
  bytes: (value) => fromHex(value),
};

export function context(label, parts) {
  const encoded = parts.map(([kind, value]) => encoders[kind](value));
  return join(text.encode(label), new Uint8Array(1), ...encoded.flatMap((raw) => [big(raw.length, 4), raw]));
}

// HKDF-Expand (RFC 5869, 2.3) by HMAC, for WebCrypto's own HKDF always extracts first.

async function hmac(hash, key, data) {
  // An empty key is not importable everywhere; HMAC pads with zeros, so one zero is the same key.
  const raw = key.length ? key : new Uint8Array(1);
  const made = await subtle.importKey("raw", raw, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", made, data));
}

export async function expand(hash, key, info, length) {
  let made = new Uint8Array(0);
  let block = new Uint8Array(0);
  for (let counter = 1; made.length < length; counter += 1) {
    block = await hmac(hash, key, join(block, info, Uint8Array.of(counter)));
    made = join(made, block);
  }
  return made.slice(0, length);
}

export const derive = (key, place, length = 32) => expand("SHA-512", key, place, length);

// Cobblestone-256 (C2SP chunked-encryption, AEAD_AES_256_GCM, HKDF-Expand-SHA-512).

const CHUNK = 16384;
const TAG = 16;
const HEADER = 56;
const INFO = join(text.encode("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"), new Uint8Array(1));

async function material(key, salt, place) {
  const made = await expand("SHA-512", key, join(INFO, salt, place), 76);
  const aead = await subtle.importKey("raw", made.slice(0, 32), "AES-GCM", false, ["encrypt", "decrypt"]);
  return { aead, nonce: made.slice(32, 44), commitment: made.slice(44) };
}

function nonceOf(base, index) {
  const made = Uint8Array.from(base);
  const counter = big(index, 12);
  for (let at = 0; at < 12; at += 1) made[at] ^= counter[at];
  return made;
}

export async function chunksSeal(key, place, message, salt = crypto.getRandomValues(new Uint8Array(24))) {
  const { aead, nonce, commitment } = await material(key, salt, place);
  const pieces = [salt, commitment];
  const last = Math.floor(message.length / CHUNK); // a full last chunk is followed by an empty one
  for (let index = 0; index <= last; index += 1) {
    const piece = message.slice(index * CHUNK, (index + 1) * CHUNK);
    pieces.push(new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv: nonceOf(nonce, index) }, aead, piece)));
  }
  return join(...pieces);
}

export async function chunksOpen(key, place, sealed) {
  const body = sealed.length - HEADER;
  const last = Math.floor(body / (CHUNK + TAG));
  if (body < TAG || body - last * (CHUNK + TAG) < TAG) throw new UnsealError();
  const { aead, nonce, commitment } = await material(key, sealed.slice(0, 24), place);
  if (!same(commitment, sealed.slice(24, HEADER))) throw new UnsealError();
  const pieces = [];
  for (let index = 0; index <= last; index += 1) {
    const at = HEADER + index * (CHUNK + TAG);
    const piece = sealed.slice(at, at + CHUNK + TAG);
    pieces.push(await orUnseal(subtle.decrypt({ name: "AES-GCM", iv: nonceOf(nonce, index) }, aead, piece)));
  }
  return join(...pieces);
}

// Values and documents (sections 4 to 6).

export function paddedSize(size) {
  for (const bucket of [4096, 8192, 16384, 32768, 65536]) if (size <= bucket) return bucket;
  const exponent = Math.floor(Math.log2(size));
  const loose = exponent - (Math.floor(Math.log2(exponent)) + 1);
  return Math.ceil(size / 2 ** loose) * 2 ** loose;
}

const SUITE = Uint8Array.of(1);

export async function seal(key, place, value, pad = true, salt = undefined) {
  const used = join(big(value.length, 4), value);
  const padded = join(used, new Uint8Array(pad ? paddedSize(used.length) - used.length : 0));
  return join(SUITE, await chunksSeal(key, place, padded, salt));
}

export async function unseal(key, place, sealed) {
  if (sealed[0] !== 1) throw new UnsealError();
  const opened = await chunksOpen(key, place, sealed.slice(1));
  if (opened.length < 4) throw new UnsealError();
  const used = 4 + new DataView(opened.buffer).getUint32(0);
  const sizes = [used, paddedSize(used)];
  if (!sizes.includes(opened.length) || opened.slice(used).some((byte) => byte !== 0)) throw new UnsealError();
  return opened.slice(4, used);
}

export async function sealDocument(key, place, content) {
  const padded = join(content, new Uint8Array(paddedSize(content.length) - content.length));
  return join(SUITE, await chunksSeal(key, place, padded));
}

export async function unsealDocument(key, place, sealed, length) {
  if (sealed[0] !== 1) throw new UnsealError();
  const opened = await chunksOpen(key, place, sealed.slice(1));
  if (opened.length !== paddedSize(length)) throw new UnsealError();
  return opened.slice(0, length);
}

// X-Wing: ML-KEM-768 and X25519 (draft-connolly-cfrg-xwing-kem).

const LABEL = text.encode("\\.//^\\");
const PKCS8_X25519 = fromHex("302e020100300506032b656e04220420");

async function x25519Private(raw) {
  return subtle.importKey("pkcs8", join(PKCS8_X25519, raw), "X25519", true, ["deriveBits"]);
}

async function x25519Public(privateKey) {
  const { x } = await subtle.exportKey("jwk", privateKey);
  return fromBase64(x);
}

async function x25519(privateKey, publicRaw) {
  const other = await subtle.importKey("raw", publicRaw, "X25519", false, []);
  return orUnseal(subtle.deriveBits({ name: "X25519", public: other }, privateKey, 256));
}

// SHAKE256 is cSHAKE256 without names (NIST SP 800-185, 3.3).
async function shake256(data, size) {
  const made = await subtle.digest({ name: "cSHAKE256", outputLength: size * 8 }, data);
  return new Uint8Array(made);
}

async function halves(seed) {
  if (seed.length !== 32) throw new UnsealError();
  const expanded = await shake256(seed, 96);
  const mlkem = await subtle.importKey("raw-seed", expanded.slice(0, 64), "ML-KEM-768", true, ["decapsulateBits"]);
  const x = await x25519Private(expanded.slice(64));
  const jwk = await subtle.exportKey("jwk", mlkem);
  const mlkemPublic = fromBase64(jwk.pub);
  return { mlkem, x, mlkemPublic, xPublic: await x25519Public(x) };
}

export async function publicKey(seed) {
  const { mlkemPublic, xPublic } = await halves(seed);
  return join(mlkemPublic, xPublic);
}

async function combine(mlkemSecret, xSecret, xCiphertext, xPublic) {
  return new Uint8Array(await subtle.digest("SHA3-256", join(mlkemSecret, xSecret, xCiphertext, xPublic, LABEL)));
}

export async function encapsulate(publicRaw) {
  const xPublic = publicRaw.slice(1184);
  const mlkem = await subtle.importKey("raw-public", publicRaw.slice(0, 1184), "ML-KEM-768", false, ["encapsulateBits"]);
  const { sharedKey, ciphertext } = await subtle.encapsulateBits("ML-KEM-768", mlkem);
  const ephemeral = await subtle.generateKey("X25519", true, ["deriveBits"]);
  const xCiphertext = await x25519Public(ephemeral.privateKey);
  const xSecret = await x25519(ephemeral.privateKey, xPublic);
  const secret = await combine(new Uint8Array(sharedKey), xSecret, xCiphertext, xPublic);
  return { secret, ciphertext: join(new Uint8Array(ciphertext), xCiphertext) };
}

export async function decapsulate(seed, ciphertext) {
  const { mlkem, x, xPublic } = await halves(seed);
  const xCiphertext = ciphertext.slice(1088);
  const mlkemSecret = await orUnseal(subtle.decapsulateBits("ML-KEM-768", mlkem, ciphertext.slice(0, 1088)));
  return combine(mlkemSecret, await x25519(x, xCiphertext), xCiphertext, xPublic);
}

// HPKE base mode, single shot: KEM 0x647A, KDF HKDF-SHA256, AEAD AES-256-GCM (RFC 9180).

const HPKE_SUITE = join(text.encode("HPKE"), fromHex("647a00010002"));

const labelled = (label, rest) => join(text.encode("HPKE-v1"), HPKE_SUITE, text.encode(label), rest);
const extract = (salt, label, ikm) => hmac("SHA-256", salt, labelled(label, ikm));
const expandLabelled = (key, label, info, size) =>
  expand("SHA-256", key, join(big(size, 2), labelled(label, info)), size);

async function schedule(secret, info, use) {
  const none = new Uint8Array(0);
  const [ids, infos] = [await extract(none, "psk_id_hash", none), await extract(none, "info_hash", info)];
  const place = join(new Uint8Array(1), ids, infos);
  const key = await extract(secret, "secret", none);
  const raw = await expandLabelled(key, "key", place, 32);
  const aead = await subtle.importKey("raw", raw, "AES-GCM", false, [use]);
  return { aead, iv: await expandLabelled(key, "base_nonce", place, 12) };
}

export async function wrap(publicRaw, place, key) {
  const { secret, ciphertext } = await encapsulate(publicRaw);
  const { aead, iv } = await schedule(secret, place, "encrypt");
  return join(SUITE, ciphertext, new Uint8Array(await subtle.encrypt({ name: "AES-GCM", iv }, aead, key)));
}

export async function unwrap(seed, place, wrapped) {
  if (wrapped[0] !== 1 || wrapped.length !== 1 + 1120 + 32 + TAG) throw new UnsealError();
  const { aead, iv } = await schedule(await decapsulate(seed, wrapped.slice(1, 1121)), place, "decrypt");
  return orUnseal(subtle.decrypt({ name: "AES-GCM", iv }, aead, wrapped.slice(1121)));
}
