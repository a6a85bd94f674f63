/* Presses on by itself while cases are still being read in; without scripts the button is pressed by hand. */

const button = document.querySelector("button[data-onward]");
if (button) {
  setTimeout(() => button.form.requestSubmit(button), 400);
}
