/* Does the little work that lets an account in, while its writer reads and writes: SHA-256 in short slices,
   on any page, on an old phone too. What is found lies in this tab's own history entry and nowhere else.
   Without scripts, or where anything fails, a place in the queue ripens instead. */

const task = document.querySelector("script[data-proof]");
const PUZZLES = 16;
const eager = task?.dataset.then;
const SLICE = eager ? 40 : 6;

const K = [], START = [];
const fraction = (value) => ((value % 1) * 2 ** 32) | 0;
for (let n = 2; K.length < 64; n += 1) {
  let prime = true;
  for (let d = 2; d * d <= n; d += 1) if (n % d === 0) prime = false;
  if (!prime) continue;
  if (START.length < 8) START.push(fraction(Math.sqrt(n)));
  K.push(fraction(Math.cbrt(n)));
}
const k = Int32Array.from(K);
const w = new Int32Array(64);

/* The first 32 bits of the hash of six words. */
function first(salt, place, number) {
  w[0] = salt[0]; w[1] = salt[1]; w[2] = salt[2]; w[3] = salt[3];
  w[4] = place; w[5] = number; w[6] = 0x80000000 | 0;
  w.fill(0, 7, 15);
  w[15] = 192;
  let [a, b, c, d, e, f, g, h] = START;
  for (let i = 0; i < 64; i += 1) {
    if (i > 15) {
      const x = w[i - 15], y = w[i - 2];
      w[i] = w[i - 16] + w[i - 7]
        + ((x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3)
        + ((y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10);
    }
    const one = h + ((e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7)) + (e & f ^ ~e & g) + k[i] + w[i] | 0;
    const two = ((a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10)) + (a & b ^ a & c ^ b & c) | 0;
    h = g; g = f; f = e; e = d + one | 0; d = c; c = b; b = a; a = one + two | 0;
  }
  return a + START[0] >>> 0;
}

function words(hex) {
  return [0, 8, 16, 24].map((at) => parseInt(hex.slice(at, at + 8), 16) | 0);
}

function work(hex, bits) {
  const kept = history.state?.proof;
  const found = kept?.hex === hex ? kept.found : [];
  const salt = words(hex);
  let number = 0;
  const later = eager || !window.requestIdleCallback
    ? (slice) => setTimeout(slice, eager ? 4 : 24)
    : (slice) => requestIdleCallback(slice, { timeout: 500 });
  const slice = () => {
    const end = performance.now() + SLICE;
    while (found.length < PUZZLES && performance.now() < end) {
      for (let i = 0; i < 32 && found.length < PUZZLES; i += 1, number += 1) {
        if (first(salt, found.length, number) >>> (32 - bits) === 0) {
          found.push(number);
          number = -1;
          history.replaceState({ ...history.state, proof: { hex, found } }, "");
        }
      }
    }
    if (found.length < PUZZLES) later(slice);
    else send(found);
  };
  later(slice);
}

let tries = 3;
async function send(found) {
  const body = new DataView(new ArrayBuffer(4 * PUZZLES));
  found.forEach((number, place) => body.setUint32(4 * place, number));
  const { proof, token } = task.dataset;
  tries -= 1;
  try {
    const answer = await fetch(proof, { method: "POST", headers: { "X-CSRF-Token": token }, body, keepalive: true });
    if (answer.status === 409 && tries) {
      const next = await answer.json();
      if (next.salt) work(next.salt, next.bits);
    } else if (answer.ok && eager) {
      location.replace(eager);
    }
  } catch {
    /* The line is cut: the next page works anew, and the place in the queue ripens all the same. */
  }
}

if (task) work(task.dataset.salt, Number(task.dataset.bits));
