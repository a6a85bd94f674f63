/* Moves the map and changes its size: by dragging, two fingers, the wheel (with Ctrl, or once the map has the focus), keys and
   buttons. Marks keep their size, and labels show where they have room. Without this the fixed views are links. */

const figure = document.querySelector("[data-map]");
const svg = figure.querySelector("svg");
const whole = { x: svg.viewBox.baseVal.x, y: svg.viewBox.baseVal.y, w: svg.viewBox.baseVal.width };
const shape = whole.w / svg.viewBox.baseVal.height;
const CLOSEST = 8;
const wide = svg.querySelector("g.wide");
const fixed = (group) => [...group.querySelectorAll(":scope > .mark, :scope > .sea")].map((element) => {
  const { e: x, f: y } = element.transform.baseVal.consolidate().matrix;
  return { element, x, y, text: element.querySelector("text"), side: Number(element.dataset.side ?? 0), count: (element.dataset.ids ?? "").split(" ").length };
});
const marks = fixed(wide);
const bar = wide.querySelector(".bar");
let view = { ...whole };
let waiting = 0;

svg.querySelector("g.narrow").remove();
wide.classList.remove("wide");
figure.classList.add("moves");
figure.querySelector("[data-zoom]").hidden = false;
svg.setAttribute("tabindex", "0");
svg.setAttribute("role", "application");
svg.setAttribute("aria-label", figure.dataset.say);
svg.removeAttribute("aria-hidden");
for (const link of svg.querySelectorAll("a")) link.setAttribute("aria-hidden", "true");

const sides = (aside) => [[13 + aside, 5, "start"], [-13 - aside, 5, "end"], [0, -13, "middle"], [0, 23, "middle"]];

const digits = new Intl.NumberFormat(document.documentElement.lang);

/* Leaves a mark that would cover another to that one, which counts it; gives each label the first place beside its mark
   that no mark and no label has taken. */
function label(unit) {
  const at = marks.map((mark) => [(mark.x - view.x) / unit, (mark.y - view.y) / unit]);
  const meet = (one, other) => one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
  const boxes = at.map(([x, y], index) => [x - 9 - marks[index].side, y - 9, x + 9 + marks[index].side, y + 9]);
  const leaders = [];
  boxes.forEach((box, index) => {
    const over = marks[index].text ? leaders.findIndex((leader, one) => leader === one && marks[one].text && meet(boxes[one], box)) : -1;
    leaders.push(over < 0 ? index : over);
  });
  const taken = boxes.filter((_, index) => marks[index].text && leaders[index] === index);
  const [right, bottom] = [view.w / unit, view.w / shape / unit];
  marks.forEach(({ element, text, side: aside }, index) => {
    if (!text) return;
    element.classList.toggle("spare", leaders[index] !== index);
    if (leaders[index] !== index) return;
    const count = marks.reduce((sum, one, other) => sum + (leaders[other] === index && other !== index ? one.count : 0), 0);
    text.textContent = element.dataset.name + (count ? ` +${digits.format(count)}` : "");
    const [x, y] = at[index];
    const width = text.getComputedTextLength() || text.textContent.length * 8;
    const side = sides(aside).find(([dx, dy, anchor]) => {
      const left = x + dx - (anchor === "end" ? width : anchor === "middle" ? width / 2 : 0);
      const box = [left, y + dy - 13, left + width, y + dy + 5];
      const free = box[0] > 0 && box[1] > 0 && box[2] < right && box[3] < bottom
        && !taken.some((one) => meet(one, box));
      if (free) taken.push(box);
      return free;
    });
    text.classList.remove("spare");
    text.setAttribute("visibility", side ? "visible" : "hidden");
    if (side) ["x", "y", "text-anchor"].forEach((name, place) => text.setAttribute(name, side[place]));
  });
}

/* Gives the bar the longest round length that is no longer than a quarter of the picture. */
function measure(unit) {
  const most = view.w * figure.dataset.kilometres / 4;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = [5, 2, 1].map((one) => one * power).find((one) => one <= most);
  bar.setAttribute("transform", `translate(${view.x + 14 * unit} ${view.y + view.w / shape - 14 * unit}) scale(${unit})`);
  bar.querySelector("path").setAttribute("d", `M0-6V0H${length / figure.dataset.kilometres / unit}V-6`);
  bar.querySelector("text").textContent = figure.dataset.bar.replace("0", digits.format(length));
}

function draw() {
  waiting = 0;
  const unit = view.w / (svg.clientWidth || 760);
  svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.w} ${view.w / shape}`);
  for (const { element, x, y } of marks) element.setAttribute("transform", `translate(${x} ${y}) scale(${unit})`);
  label(unit);
  measure(unit);
}

function show(x, y, w) {
  const width = Math.min(Math.max(w, CLOSEST), whole.w * 2);
  const within = (at, from, size) => Math.min(Math.max(at, from - size / 2), from + size / 2 + size - width);
  view = { x: within(x, whole.x, whole.w), y: within(y, whole.y, whole.w / shape), w: width };
  waiting ||= requestAnimationFrame(draw);
}

/* Changes the size around a point of the window; without one, around the middle. */
function zoom(by, event) {
  const box = svg.getBoundingClientRect();
  const [left, top] = event ? [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height] : [.5, .5];
  const width = Math.min(Math.max(view.w / by, CLOSEST), whole.w * 2);
  show(view.x + (view.w - width) * left, view.y + (view.w - width) / shape * top, width);
}

const ACTS = { in: () => zoom(1.6), out: () => zoom(1 / 1.6), all: () => show(whole.x, whole.y, whole.w) };
const move = (x, y) => show(view.x + x * view.w, view.y + y * view.w / shape, view.w);
const KEYS = {
  ArrowLeft: () => move(-.15, 0), ArrowRight: () => move(.15, 0), ArrowUp: () => move(0, -.15), ArrowDown: () => move(0, .15),
  "+": ACTS.in, "=": ACTS.in, "-": ACTS.out, "−": ACTS.out, "0": ACTS.all, "۰": ACTS.all,
};

svg.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});
for (const button of figure.querySelectorAll("[data-by]")) button.addEventListener("click", ACTS[button.dataset.by]);
svg.addEventListener("wheel", (event) => {
  if (!event.ctrlKey && document.activeElement !== svg) return;
  event.preventDefault();
  zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, event);
}, { passive: false });
svg.addEventListener("dblclick", (event) => zoom(1.8, event));

const fingers = new Map();
let moved = false;
svg.addEventListener("pointerdown", (event) => {
  fingers.set(event.pointerId, event);
  moved = false;
});
svg.addEventListener("pointermove", (event) => {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const others = [...fingers.values()].filter((one) => one.pointerId !== event.pointerId);
  const scale = view.w / svg.clientWidth;
  if (!moved && Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY) < 4) return;
  if (!moved) svg.setPointerCapture(event.pointerId);
  moved = true;
  if (others.length) {
    const far = (one) => Math.hypot(one.clientX - others[0].clientX, one.clientY - others[0].clientY) || 1;
    zoom(far(event) / far(before), event);
  } else show(view.x - (event.clientX - before.clientX) * scale, view.y - (event.clientY - before.clientY) * scale, view.w);
  fingers.set(event.pointerId, event);
});
for (const name of ["pointerup", "pointercancel"]) svg.addEventListener(name, (event) => fingers.delete(event.pointerId));
svg.addEventListener("click", (event) => { if (moved) event.preventDefault(); }, true);
svg.addEventListener("dragstart", (event) => event.preventDefault());

/* What the list points at is marked on the map. */
const byId = new Map(marks.flatMap(({ element }) => (element.dataset.ids ?? "").split(" ").map((id) => [id, element])));
for (const row of document.querySelectorAll("[data-id]")) {
  const choose = (on) => byId.get(row.dataset.id)?.classList.toggle("chosen", on);
  for (const [name, on] of [["pointerenter", true], ["focusin", true], ["pointerleave", false], ["focusout", false]]) row.addEventListener(name, () => choose(on));
}
new ResizeObserver(() => { waiting ||= requestAnimationFrame(draw); }).observe(svg);
draw();
