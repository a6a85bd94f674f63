/* Leaving at once: the page is covered before the line answers, and is not left in this tab's history.
   Three presses of Shift do the same. Without scripts the link works by itself. */

function leave(address) {
  const cover = document.createElement("div");
  cover.className = "cover";
  document.body.replaceChildren(cover);
  document.title = "\u00a0";
  location.replace(address);
}

const link = () => document.querySelector("a[data-leave]");

document.addEventListener("click", (event) => {
  const found = event.target.closest?.("a[data-leave]");
  if (!found || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  leave(found.href);
});

let presses = [];
document.addEventListener("keydown", (event) => {
  if (event.key !== "Shift") presses = [];
  else if (!event.repeat) {
    presses = [...presses.filter((time) => event.timeStamp - time < 1500), event.timeStamp];
    if (presses.length === 3 && link()) leave(link().href);
  }
});
