// Decisions by key: a letter chooses, Enter sends. The form is the same one that works without this script.
const form = document.querySelector("[data-acts]");
const keys = document.documentElement.dataset.keys === "on";

if (form && keys) {
  const reason = form.elements.reason;
  const hint = form.querySelector("[data-hint]");
  const buttons = [...form.querySelectorAll("button[name=act]")];
  let chosen = null;
  const choose = (button) => {
    chosen = button;
    for (const one of buttons) one.classList.toggle("chosen", one === button);
    hint.hidden = button === null;
    if (button === null) return;
    (form.elements.password && !form.elements.password.value ? form.elements.password : reason).focus();
  };
  document.addEventListener("keydown", (event) => {
    const at = event.target;
    if (at instanceof Element && at.closest("input, textarea, select, dialog")) return;
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const button = buttons.find((one) => one.dataset.key === event.key);
    if (button) { event.preventDefault(); choose(button); }
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing && chosen && event.target.matches("input")) {
      event.preventDefault();
      form.requestSubmit(chosen);
    }
    if (event.key === "Escape") choose(null);
  });
}

const countdown = document.querySelector("[data-until]");
if (countdown) {
  // The node's clock, not this machine's: what is left when the page was made, less what has passed since.
  const left = Date.parse(countdown.dataset.until) - Date.parse(countdown.dataset.now);
  const begun = performance.now();
  const show = countdown.querySelector("[data-left]");
  const tick = () => {
    const seconds = Math.ceil((left - (performance.now() - begun)) / 1000);
    show.textContent = seconds > 0 ? `${seconds} s` : "";
    if (seconds < -1) location.replace(location.pathname);
    else setTimeout(tick, 250);
  };
  tick();
}
