/* Security keys (Web Authentication): asks the key, puts its answer into the form, and sends the form as ever.
   [data-security-key] stands in the form: "use" has a button that takes the place of the code; "add" acts when
   the form is sent. Texts and the address of the question are beside it. Without scripts it stays hidden. */

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function asked(box, form) {
  const body = new URLSearchParams({ csrf_token: form.elements.namedItem("csrf_token").value });
  const answer = await fetch(box.dataset.question, { method: "POST", body, redirect: "error" });
  if (!answer.ok) throw new Error("no question");
  return answer.json();
}

/* The bytes of a question come as base64url. */
function read(options) {
  const listed = (all) => (all ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
  const { prf, ...others } = options.extensions;
  const found = { ...options, challenge: bytes(options.challenge), extensions: { ...others, prf: { eval: { first: bytes(prf.eval.first) } } } };
  if (options.user) found.user = { ...options.user, id: bytes(options.user.id) };
  if (options.excludeCredentials) found.excludeCredentials = listed(options.excludeCredentials);
  if (options.allowCredentials) found.allowCredentials = listed(options.allowCredentials);
  return found;
}

function written(credential) {
  const { id, rawId, type, response } = credential;
  const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature"].filter((name) => response[name]);
  const given = credential.getClientExtensionResults().prf?.results?.first;
  return {
    id, type, rawId: text(rawId), prf: given ? text(given) : "",
    response: Object.fromEntries(parts.map((name) => [name, text(response[name])])),
  };
}

async function use(box, form) {
  const options = read(await asked(box, form));
  say(box, box.dataset.touch);
  return written(await navigator.credentials.get({ publicKey: options }));
}

/* Made, and used once at once: only so is it known what the key gives. */
async function add(box, form) {
  const { create, get } = await asked(box, form);
  say(box, box.dataset.touch);
  const made = await navigator.credentials.create({ publicKey: read(create) });
  say(box, box.dataset.again);
  const only = { ...read(get), allowCredentials: [{ type: "public-key", id: made.rawId }] };
  return { created: written(made), proof: written(await navigator.credentials.get({ publicKey: only })) };
}

const say = (box, words) => { box.querySelector("[role=status]").textContent = words; };

async function act(box, form, ask) {
  const empty = [...form.querySelectorAll("input[data-first]")].find((input) => !input.value.trim());
  if (empty) {
    say(box, box.dataset.first);
    return empty.focus();
  }
  const buttons = [...form.querySelectorAll("button")].filter((button) => !button.disabled);
  buttons.forEach((button) => { button.disabled = true; });
  try {
    form.elements.namedItem("answer").value = JSON.stringify(await ask(box, form));
    say(box, "");
    form.submit();
  } catch (problem) {
    say(box, problem?.name === "InvalidStateError" ? box.dataset.known : box.dataset.failed);
    buttons.forEach((button) => { button.disabled = false; });
  }
}

for (const box of document.querySelectorAll("[data-security-key]")) {
  const form = box.closest("form");
  const adding = box.dataset.securityKey === "add";
  box.hidden = false;
  if (!window.PublicKeyCredential) {
    box.querySelectorAll("button").forEach((button) => { button.hidden = true; });
    say(box, box.dataset.unable);
  } else if (adding) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      act(box, form, add);
    });
  } else {
    box.querySelector("button").addEventListener("click", () => act(box, form, use));
  }
}
