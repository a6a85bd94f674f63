/* A page of the journey is sent only while the line holds: until then what was typed stays where it is.
   Without scripts a hint on the page says what to do instead. */

const PATIENCE = 20000;

const form = document.querySelector("form[data-line]");
const broken = form?.querySelector("[data-broken]");
let asking = false;
let holds = false;

form?.addEventListener("submit", async (event) => {
  if (holds) return;
  event.preventDefault();
  if (asking) return;
  asking = true;
  broken.hidden = true;
  try {
    const { line } = form.dataset;
    await fetch(line, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    holds = true;
    form.requestSubmit(event.submitter);
  } catch {
    broken.hidden = false;
    broken.scrollIntoView({ block: "nearest" });
  } finally {
    asking = false;
    holds = false;
  }
});
