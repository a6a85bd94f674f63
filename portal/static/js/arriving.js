/* Files and recordings, piece by piece: each piece has its SHA-256 with it, is sent again until it is there, and is
   not sent twice; after a lost line, a pause or a night only what is missing is sent. Without scripts the form is sent
   as ever. Words come from the page (data-…), rows from its template. */

const box = document.querySelector("[data-arriving]");
const language = document.querySelector("main").lang || document.documentElement.lang;
const say = box?.dataset;
const percent = new Intl.NumberFormat(language, { style: "percent" });
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const sha = (data) => crypto.subtle.digest("SHA-256", data);
const token = () => box.querySelector("[name=csrf_token]").value;

/* What cannot be mended by sending again; its message is for people. */
class Refusal extends Error {}

const rest = (seconds, signal) => new Promise((done) => {
  const timer = setTimeout(done, seconds * 1000);
  for (const [target, name] of [[window, "online"], [signal, "abort"]]) {
    target.addEventListener(name, () => { clearTimeout(timer); done(); }, { once: true });
  }
});

async function ask(path, { signal, told, ...options }) {
  for (let tries = 0; ; tries += 1) {
    try {
      const headers = { ...options.headers, "X-CSRF-Token": token() };
      const answer = await fetch(say.arriving + path, { ...options, headers, signal, redirect: "manual" });
      const { status } = answer;
      if (answer.type === "opaqueredirect") throw new Refusal(say.stale); /* The visit has ended. */
      const known = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
      if (status === 204 || (known && [200, 409].includes(status))) return known ?? {};
      if (status === 404) return { gone: true };
      if (status === 422 && tries > 1) throw new Refusal(known?.why ?? say.stale);
      if (status >= 400 && status < 500 && ![408, 422, 425, 429].includes(status)) throw new Refusal(say.stale);
      told(status === 202 ? say.saving : say.again);
    } catch (problem) {
      if (signal.aborted || problem instanceof Refusal) throw problem;
      told(say.again);
    }
    await rest(Math.min(2 ** tries, 20), signal);
    signal.throwIfAborted();
  }
}

const put = (id, index, data, digest, how) =>
  ask(`${id}/${index}`, { ...how, method: "PUT", body: data, headers: { "X-SHA-256": hex(digest) } });
const begin = (id, what, how) => ask(id, { ...how, method: "PUT", body: JSON.stringify(what) });
const finish = (id, digests, how) => ask(`${id}/finish`, { ...how, method: "POST", body: new Blob(digests) });
const drop = (id) =>
  fetch(`${say.arriving}${id}/drop`, { method: "POST", body: new URLSearchParams({ csrf_token: token() }), redirect: "manual" }).catch(() => {});

/* The lists of this page as the server has them now. */
function refresh() {
  const request = new XMLHttpRequest();
  request.open("GET", say.page ?? location.href);
  request.responseType = "document";
  request.onload = () => {
    const [old, fresh] = [document, request.response].map((one) => one?.querySelector("[data-here]"));
    if (!fresh || !old) return;
    const inside = old.contains(document.activeElement);
    old.replaceWith(document.adoptNode(fresh));
    const [button, said] = [document, request.response].map((one) => one.querySelector("[data-arriving] [value=continue]"));
    if (button && said) button.textContent = said.textContent; /* No longer “without files”. */
    hide();
    if (inside) fresh.focus();
  };
  request.send();
}

/* Files */

const sending = new Map();
const MOST = 2;
let told = false;

function hide() {
  for (const one of document.querySelectorAll("[data-upload-id]")) one.hidden = sending.has(one.dataset.uploadId);
}

class Sending {
  constructor(file, id, caption) {
    Object.assign(this, { file, id, caption, digests: [] });
    /* Small pieces lose less on a bad line; of a large file there would be too many. */
    this.piece = file.size < 2 ** 26 ? 2 ** 18 : 2 ** 20;
    this.row = document.querySelector("template[data-row]").content.firstElementChild.cloneNode(true);
    this.row.querySelector("[data-name]").textContent = file.name;
    const on = (name, act) => this.button(name).addEventListener("click", act);
    on("pause", () => this.pause());
    on("go", () => this.wait());
    on("drop", () => this.leaveOut());
    document.querySelector("[data-coming]").append(this.row);
  }

  button(name) { return this.row.querySelector(`[data-${name}]`); }

  tell(words, { stopped = false, done = false } = {}) {
    const status = this.row.querySelector("[role=status]");
    if (status.textContent !== words) status.textContent = words;
    this.button("pause").hidden = stopped || done;
    this.button("go").hidden = !stopped || done;
    this.button("drop").hidden = done;
  }

  show(share) {
    this.row.querySelector("progress").value = 100 * share;
    this.row.querySelector("[data-percent]").textContent = percent.format(share);
  }

  wait() {
    this.state = "waiting";
    this.tell(say.waiting);
    next();
  }

  pause() {
    this.state = "paused";
    this.control?.abort();
    this.tell(say.paused, { stopped: true });
    next();
  }

  async leaveOut() {
    this.pause();
    sending.delete(this.id);
    this.row.remove();
    await drop(this.id);
    refresh();
  }

  async run() {
    this.state = "running";
    this.control = new AbortController();
    const { signal } = this.control;
    try {
      await this.send({ signal, told: (words) => this.tell(words) });
      this.state = "done";
      this.tell(say.done, { done: true });
      sending.delete(this.id);
      this.row.remove();
      refresh();
    } catch (problem) {
      if (!signal.aborted) {
        this.state = "failed";
        this.tell(problem instanceof Refusal ? problem.message : say.unreadable, { stopped: true });
      }
    }
    next();
  }

  async data(index) {
    const data = await this.file.slice(index * this.piece, (index + 1) * this.piece).arrayBuffer();
    this.digests[index] = await sha(data);
    return data;
  }

  async send(how) {
    const { name, size } = this.file;
    if (size > Number(say.most)) throw new Refusal(say.large);
    const count = Math.ceil(size / this.piece);
    this.tell(say.sending);
    let answer = await begin(this.id, { name, size, piece: this.piece, caption: this.caption }, how);
    while (!answer.done) {
      let left = answer.missing.length;
      this.show(1 - left / count);
      for (const index of answer.missing) {
        const data = await this.data(index);
        const { gone } = await put(this.id, index, data, this.digests[index], how);
        if (gone) throw new Refusal(say.stale);
        how.told(say.sending);
        left -= 1;
        this.show(1 - left / count);
      }
      for (let index = 0; index < count; index += 1) if (!this.digests[index]) await this.data(index);
      how.told(say.saving);
      answer = await finish(this.id, this.digests, how);
      if (answer.gone) throw new Refusal(say.stale);
    }
  }
}

function next() {
  const all = [...sending.values()];
  const running = all.filter((one) => one.state === "running").length;
  all.filter((one) => one.state === "waiting").slice(0, Math.max(0, MOST - running)).forEach((one) => one.run());
}

function choose(files) {
  const said = box.querySelector(":not([data-plain]) > .field > [name=caption]");
  for (const file of files) {
    const here = [...document.querySelectorAll("[data-upload-id]")]
      .find(({ dataset }) => dataset.name === file.name && Number(dataset.size) === file.size);
    const id = here?.dataset.uploadId ?? crypto.randomUUID();
    if (sending.has(id)) continue;
    const one = new Sending(file, id, said?.value ?? "");
    sending.set(id, one);
    one.wait();
  }
  if (said && files.length) said.value = ""; /* It was said of these, not of the next. */
  hide();
}

function takeFiles() {
  for (const one of document.querySelectorAll("[data-plain], [data-scripted]")) one.hidden = "plain" in one.dataset;
  for (const input of box.querySelectorAll("input[type=file]")) {
    const take = () => {
      choose([...input.files]);
      input.value = "";
    };
    input.parentElement.classList.add("named"); /* By its row, as soon as it is chosen. */
    input.addEventListener("change", take);
    take(); /* What was chosen before this module came. */
  }
  box.addEventListener("submit", (event) => {
    if (told || ![...sending.values()].some((one) => ["waiting", "running"].includes(one.state))) return;
    event.preventDefault();
    told = true;
    const note = document.querySelector("[data-leaving]");
    note.hidden = false;
    note.focus();
  });
}

/* A voice: slices are sent while it is recorded, so that a lost line loses nothing and a closed page seconds. */

const KINDS = { "audio/webm;codecs=opus": "webm", "audio/webm": "webm", "audio/mp4": "m4a", "audio/ogg": "ogg" };
const SLICE = 10_000;
const PIECE = 2 ** 20;

function takeVoice(room) {
  const part = (name) => room.querySelector(`[data-${name}]`);
  const tell = (words) => { part("said").textContent = words; };
  /* Chromium gives an mp4 out only at its end, when the line may be gone; WebKit cannot play the webm it offers. */
  const kind = ["GestureEvent" in window ? "audio/mp4" : "", ...Object.keys(KINDS)]
    .find((one) => one && MediaRecorder.isTypeSupported(one));
  const digits = new Intl.NumberFormat(language, { minimumIntegerDigits: 2 });
  let recorder, stream, sound, timer, id, how, queue, slices, digests, seconds;

  /* Shows these buttons and no others; the first takes the focus. */
  function offer(...names) {
    for (const one of room.querySelectorAll("button")) one.hidden = true;
    for (const name of names) part(name).hidden = false;
    if (names.length && recorder) part(names[0]).focus();
  }

  /* One piece after the other, while recording goes on; what fails is tried again by `ask`. */
  function push({ data }) {
    if (!data.size) return;
    slices.push(data);
    queue = queue.then(async () => {
      if (slices[0] === data) await begin(id, { name: `recording.${KINDS[kind]}`, size: 0, piece: PIECE, spoken: true }, how);
      for (let start = 0; start < data.size; start += PIECE) {
        const piece = await data.slice(start, start + PIECE).arrayBuffer();
        const digest = await sha(piece);
        if ((await put(id, digests.length, piece, digest, how)).gone) throw new Refusal(say.stale);
        digests.push(digest);
      }
      if (recorder.state === "recording") tell(say.recording);
    });
    queue.catch((problem) => how.signal.aborted || tell(problem.message));
  }

  function listen() {
    sound = new AudioContext();
    const ear = sound.createAnalyser();
    sound.createMediaStreamSource(stream).connect(ear);
    const wave = new Float32Array(ear.fftSize);
    let steady = 0;
    timer = setInterval(() => {
      ear.getFloatTimeDomainData(wave);
      const level = Math.sqrt(wave.reduce((sum, one) => sum + one * one, 0) / wave.length);
      const words = level < 0.005 ? say.quiet : level > 0.5 ? say.loud : say.heard;
      part("level").value = 4 * level;
      /* Said only when it lasts: it is read aloud to some. */
      steady = words === part("heard").textContent ? 0 : steady + 1;
      if (steady > 4) part("heard").textContent = words;
      if (recorder.state === "recording") seconds += 0.25;
      part("time").textContent = [seconds / 60, seconds % 60].map((one) => digits.format(Math.floor(one))).join(":");
    }, 250);
  }

  async function start() {
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      return tell(say.refused);
    }
    const control = new AbortController();
    how = { signal: control.signal, told: tell, stop: () => control.abort() };
    [id, queue, slices, digests, seconds] = [crypto.randomUUID(), Promise.resolve(), [], [], 0];
    recorder = new MediaRecorder(stream, { mimeType: kind, audioBitsPerSecond: 32_000 });
    recorder.ondataavailable = push;
    recorder.onstop = ended;
    recorder.start(SLICE);
    listen();
    part("live").hidden = false;
    offer("pause", "stop");
    tell(say.recording);
  }

  function ended() {
    clearInterval(timer);
    sound.close();
    for (const track of stream.getTracks()) track.stop();
    part("live").hidden = true;
    part("player").src = URL.createObjectURL(new Blob(slices, { type: kind }));
    part("player").hidden = false;
    offer("keep", "again");
    tell(say.stopped);
  }

  async function keep() {
    offer();
    tell(say.saving);
    try {
      await queue;
      const { done } = await finish(id, digests, how);
      if (!done) throw new Refusal(say.stale);
      location.assign(say.page);
    } catch (problem) {
      offer("keep", "again");
      tell(problem.message);
    }
  }

  function again() {
    how.stop();
    part("player").hidden = true;
    offer("start");
    tell(say.gone);
    drop(id);
  }

  function paused(yes) {
    if (yes) recorder.requestData();
    recorder[yes ? "pause" : "resume"]();
    offer(yes ? "go" : "pause", "stop");
    tell(yes ? say.paused : say.recording);
  }

  const acts = { start, keep, again, pause: () => paused(true), go: () => paused(false), stop: () => recorder.stop() };
  for (const [name, act] of Object.entries(acts)) part(name).addEventListener("click", act);
  /* A page that goes out of sight may not come back. */
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && recorder?.state === "recording") recorder.requestData();
  });
  room.hidden = false;
  offer("start");
}

if (box && window.crypto?.subtle && crypto.randomUUID) {
  const room = document.querySelector("[data-recorder]");
  if (!room) takeFiles();
  else if (navigator.mediaDevices?.getUserMedia && window.MediaRecorder) takeVoice(room);
}
