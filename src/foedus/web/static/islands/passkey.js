// Passkeys: the browser's ceremony between two answers of the node.
async function post(path, body, csrf = "") {
  const headers = { "content-type": "application/json", accept: "application/json", "x-csrf": csrf };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.code);
  return said;
}

async function refused(place, act) {
  const alert = place.querySelector("[role=alert]");
  alert.hidden = true;
  try { await act(); } catch { alert.hidden = false; }
}

if (globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  for (const place of document.querySelectorAll("[data-passkey]")) {
    place.hidden = false;
    place.querySelector("button").addEventListener("click", () => refused(place, async () => {
      const path = place.dataset.passkey;
      const options = PublicKeyCredential.parseRequestOptionsFromJSON(await post(`${path}/begin`, {}));
      const answer = await navigator.credentials.get({ publicKey: options });
      await post(path, answer.toJSON());
      location.assign(place.dataset.then);
    }));
  }
  for (const form of document.querySelectorAll("[data-register]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      refused(form, async () => {
        const { register: path, csrf } = form.dataset;
        const options = PublicKeyCredential.parseCreationOptionsFromJSON(await post(`${path}/begin`, {}, csrf));
        const answer = await navigator.credentials.create({ publicKey: options });
        await post(path, { label: form.elements.label.value, answer: answer.toJSON() }, csrf);
        location.assign("/settings?told=passkey");
      });
    });
  }
}
