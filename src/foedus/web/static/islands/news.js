// "3 new" beside the pages' names: it waits there until asked, in room that is kept for it, so that nothing moves.
// A stream is open only while its tab is seen: browsers open few connections to one host, and decisions need them.
const form = document.querySelector("[data-news]");
const WAIT_MS = 1500;
let source = null;
let leaving = false;

function told(event) {
  const found = JSON.parse(event.data);
  const button = form.querySelector("button");
  form.elements.upto.value = found.upto;
  button.classList.toggle("still", found.new === 0);
  button.classList.toggle("urgent", found.urgent > 0);
  const said = form.querySelector("[data-said]");
  if (said.textContent !== found.said) said.textContent = found.said;
  form.dataset.live = "1";
}

function close() {
  source?.close();
  source = null;
}

function open() {
  if (source !== null || leaving || document.hidden) return;
  source = new EventSource(form.dataset.stream);
  source.addEventListener("news", told);
  source.addEventListener("end", close);
}

if (form && "EventSource" in window) {
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) { leaving = false; open(); } });
  // An act changes the session's token: a stream asked for just before it would be refused just after it.
  addEventListener("submit", (event) => { if (!event.defaultPrevented) { leaving = true; close(); } });
  // What the page itself needs comes first.
  const later = () => setTimeout(open, WAIT_MS);
  if (document.readyState === "complete") later();
  else addEventListener("load", later);
}
