// The range of time that all panes of a page share: two thumbs over the two date fields of its form, which hold it without this.
const day = 86_400_000;
const text = (at) => new Date(at * day).toISOString().slice(0, 10);
const number = (date) => Math.floor(Date.parse(date) / day);

function slide(held) {
  const [first, last] = [number(held.dataset.first), number(held.dataset.last)];
  const ends = Object.fromEntries([...held.querySelectorAll("[data-end]")].map((one) => [one.dataset.end, one]));
  const fields = Object.fromEntries(["since", "until"].map((name) => [name, held.querySelector(`[name=${name}]`)]));
  const put = (end, at) => { end.value = at; end.setAttribute("aria-valuetext", text(end.value)); };
  for (const end of Object.values(ends)) { end.min = first; end.max = last; end.step = 1; }
  put(ends.since, fields.since.value ? number(fields.since.value) : first);
  put(ends.until, fields.until.value ? number(fields.until.value) : last);
  held.addEventListener("input", (event) => {
    const end = event.target;
    if (!end.matches("[data-end]")) return;
    // The ends do not pass each other.
    const bound = end === ends.since ? Math.min(end.value, ends.until.value) : Math.max(end.value, ends.since.value);
    put(end, bound);
    // Touched once, the range stands still: both its ends are said.
    fields.since.value = text(ends.since.value);
    fields.until.value = text(ends.until.value);
  });
  held.addEventListener("change", (event) => {
    if (!event.target.matches("[data-end]")) return;
    sessionStorage.setItem("foedus-time", event.target.dataset.end);
    held.closest("form").requestSubmit();
  });
  held.querySelector(".slider").hidden = false;
  const was = sessionStorage.getItem("foedus-time");
  sessionStorage.removeItem("foedus-time");
  ends[was]?.focus({ preventScroll: true });
}

for (const held of document.querySelectorAll("[data-time]")) slide(held);
