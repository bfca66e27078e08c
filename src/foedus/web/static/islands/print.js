// A button that prints, where there is a script to do so; the browser's own menu does the same.
const button = document.querySelector("[data-print]");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
