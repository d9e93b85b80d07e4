// One listener for a whole piece of HTML: it may be drawn anew at any time.
const tell = (source) => trigger("click", { ...source.dataset, value: source.value });
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (button && !button.disabled) tell(button);
});
element.addEventListener("change", (event) => {
  if (event.target.matches("input[data-do], select[data-do]")) tell(event.target);
});
