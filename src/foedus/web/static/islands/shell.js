// Keys and signs that every page has. Nothing happens while a field has the focus or text is being composed.
const root = document.documentElement;
const dialog = document.getElementById("keys");
const on = root.dataset.keys === "on" && dialog !== null;

function typing(event) {
  const at = event.target;
  return event.isComposing || event.ctrlKey || event.metaKey || event.altKey
    || (at instanceof Element && at.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog") !== null);
}

const rows = () => [...document.querySelectorAll("[data-row]")];

function step(by) {
  const all = rows();
  if (all.length === 0) return;
  const held = all.findIndex((row) => row.contains(document.activeElement) || row.getAttribute("aria-current") === "true");
  const next = all[Math.min(all.length - 1, Math.max(0, held < 0 ? 0 : held + by))];
  const link = next.matches("a") ? next : next.querySelector("a.whole");
  link.focus();
  link.scrollIntoView({ block: "nearest" });
}

const plain = {
  j: () => step(1),
  k: () => step(-1),
  "?": () => dialog.showModal(),
  "/": () => document.querySelector("[data-search]")?.focus(),
  n: () => document.querySelector("[data-fresh]:not(.still)")?.click(),
  x: () => rows().find((row) => row.contains(document.activeElement))?.querySelector("input[type=checkbox]")?.click(),
};

let gone = 0;
function pressed(event) {
  if (event.key === "Escape" && event.target instanceof HTMLElement && event.target.matches("input, textarea, select")) {
    event.target.blur();
    return;
  }
  if (typing(event)) return;
  if (event.key === "g") { gone = event.timeStamp; return; }
  if (gone && event.timeStamp - gone < 1500) {
    gone = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  const act = plain[event.key];
  if (act) { event.preventDefault(); act(); return; }
  if (event.key === "Escape") document.querySelector("[data-back]")?.click();
}

if (on) {
  document.addEventListener("keydown", pressed);
  const help = document.querySelector("[data-help]");
  if (help) { help.hidden = false; help.addEventListener("click", () => dialog.showModal()); }
}
const offline = document.querySelector("[data-offline]");
const say = () => { offline.hidden = navigator.onLine; };
addEventListener("online", say);
addEventListener("offline", say);
say();
if (!document.querySelector("[data-island]")) root.dataset.ready = "1";
