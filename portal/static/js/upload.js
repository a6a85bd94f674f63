/* Shows how much of a file has been sent. Any multipart form with a chosen file; without scripts the form is sent as ever.
   The answer replaces the body of this page, so that it is asked for only once. */

document.addEventListener("submit", (event) => {
  const form = event.target;
  const box = form.querySelector("[data-progress]");
  const chosen = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
  if (!box || !chosen || form.enctype !== "multipart/form-data") return;
  event.preventDefault();

  const bar = box.querySelector("progress");
  const status = box.querySelector("[role=status]");
  const buttons = form.querySelectorAll("button[type=submit]");
  const request = new XMLHttpRequest();
  const busy = (yes) => buttons.forEach((button) => { button.disabled = yes; });
  const broken = () => {
    busy(false);
    bar.hidden = true;
    status.textContent = box.dataset.broken;
  };

  /* Not form.action: a button of that name stands in its place. */
  request.open("POST", form.getAttribute("action") ?? location.href);
  request.responseType = "document";
  request.upload.onprogress = ({ loaded, total, lengthComputable }) => {
    if (lengthComputable) bar.value = (100 * loaded) / total;
  };
  request.upload.onload = () => { status.textContent = box.dataset.saving; };
  request.onerror = broken;
  request.onload = () => {
    const answer = request.response;
    if (!answer?.body) return broken();
    document.title = answer.title;
    history.replaceState(null, "", request.responseURL);
    document.body.replaceWith(document.adoptNode(answer.body));
    scrollTo(0, 0);
    (document.querySelector("[autofocus]") ?? document.querySelector("main"))?.focus();
  };
  request.send(new FormData(form, event.submitter));
  busy(true);
  box.hidden = bar.hidden = false;
  bar.value = 0;
  status.textContent = box.dataset.sending;
});
