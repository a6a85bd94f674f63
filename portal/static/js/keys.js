/* Keys of the desk, by place on the keyboard, so that they work in every layout: j and k move in [data-keys], ? goes to the
   legend, and any element with data-key="KeyA" is pressed by its key:
   one of a row only while that row is looked at. They can be turned off (WCAG 2.1.4). */

const legend = document.querySelector("[data-shortcuts]");
let on = localStorage.getItem("keys") !== "off";

function rows() {
  return [...document.querySelectorAll("[data-keys] tbody tr, ol[data-keys] > li, ul[data-keys] > li, table[data-keys] tbody tr")]
    .map((row) => row.querySelector("[data-focus]") ?? row.querySelector("a, button")).filter((target, place, all) => target && all.indexOf(target) === place);
}

function move(by) {
  const all = rows();
  const now = all.findIndex((target) => target.closest("tr, li").contains(document.activeElement));
  all[Math.min(Math.max(now + by, 0), all.length - 1)]?.focus();
}

function press(code) {
  const here = document.activeElement?.closest("tr, li, article");
  const target = here?.querySelector(`[data-key="${code}"]`) ?? document.querySelector(`main > [data-key="${code}"], form:not([data-keys] form) [data-key="${code}"]`);
  target?.click();
  return Boolean(target);
}

document.addEventListener("keydown", (event) => {
  if (!on || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest?.("textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable]")) return;
  if (event.code === "Slash" && event.shiftKey) legend?.parentElement.querySelector("button")?.focus();
  else if (event.shiftKey) return;
  else if (event.code === "KeyJ") move(1);
  else if (event.code === "KeyK") move(-1);
  else if (!/^(Key[A-Z]|Digit\d)$/.test(event.code) || !press(event.code)) return;
  event.preventDefault();
});

if (legend) {
  const toggle = document.createElement("button");
  toggle.type = "button";
  toggle.className = "link";
  const show = () => {
    legend.hidden = !on;
    toggle.textContent = on ? legend.dataset.off : legend.dataset.on;
  };
  toggle.addEventListener("click", () => {
    on = !on;
    localStorage.setItem("keys", on ? "on" : "off");
    show();
  });
  legend.after(toggle);
  show();
}
