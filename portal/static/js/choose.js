/* Says under our own button which files are chosen, in the language of the page. Without scripts the browser says
   it, in its own language. */

for (const said of document.querySelectorAll("[data-chosen]")) {
  const input = said.parentElement.querySelector("input[type=file]");
  const show = () => {
    said.textContent = [...input.files].map((file) => `\u2068${file.name}\u2069`).join(" · ") || said.dataset.chosen;
  };
  input.addEventListener("change", show);
  input.parentElement.classList.add("named");
  said.hidden = false;
  show();
}
