/* Marking by selecting: text chosen in .narrative[data-marking] fills start, end and quote of the form with that id.
   Offsets count code points of the whole text, as Python does, from its first character. */

const length = (text) => Array.from(text).length;

function chosen() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const home = range.startContainer.parentElement?.closest(".narrative[data-marking]");
  if (!home || !home.contains(range.endContainer)) return null;
  const before = document.createRange();
  before.setStart(home, 0);
  before.setEnd(range.startContainer, range.startOffset);
  /* Spaces taken along by a double click belong to nobody. */
  const raw = range.toString();
  const quote = raw.trim();
  const start = length(before.toString()) + length(raw.slice(0, raw.indexOf(quote)));
  return quote && { form: document.getElementById(home.dataset.marking), start, end: start + length(quote), quote };
}

document.addEventListener("selectionchange", () => {
  const found = chosen();
  if (!found?.form) return;
  for (const name of ["start", "end", "quote"]) {
    const input = found.form.elements.namedItem(name);
    if (input) input.value = found[name];
  }
  const shown = found.form.querySelector("[data-quote]");
  if (shown) shown.textContent = found.quote;
});

/* No selection may begin inside a link: while a suggestion is pressed it is none, and a plain press still follows it. */
let pressed = null;

document.addEventListener("pointerdown", (event) => {
  const hint = event.target.closest?.(".narrative[data-marking] a.hint[href]");
  pressed = null;
  if (!hint || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  pressed = { hint, way: hint.getAttribute("href") };
  hint.removeAttribute("href");
});

for (const ended of ["pointerup", "pointercancel"]) {
  document.addEventListener(ended, () => {
    const one = pressed;
    if (one) setTimeout(() => one.hint.setAttribute("href", one.way));
  });
}

document.addEventListener("click", (event) => {
  if (!pressed?.hint.contains(event.target)) return;
  if (!getSelection().isCollapsed) event.preventDefault();
  else if (!pressed.hint.hasAttribute("href")) location.assign(pressed.way);
});
