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
