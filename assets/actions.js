// One listener for a whole piece of HTML: it may be drawn anew at any time.
// Clicks are counted over the whole page: two requests may overtake one another (see ui/kit/latest.py).
const tell = (source) => {
  window.tickTuneClicks = (window.tickTuneClicks ?? 0) + 1;
  trigger("click", { ...source.dataset, value: source.value, click: window.tickTuneClicks });
};
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (button && !button.disabled) tell(button);
});
// A list that was set by hand does not follow its `selected` attributes. So they follow it, and what is drawn
// next is compared with what is shown; then the list follows them.
element.addEventListener("change", ({ target }) => {
  if (!target.matches("select[data-do]")) return;
  for (const option of target.options) option.toggleAttribute("selected", option.selected);
  props.value = element.innerHTML;
  tell(target);
});
watch("value", () => {
  for (const option of element.querySelectorAll("select[data-do] option"))
    if (option.selected !== option.hasAttribute("selected"))
      option.selected = option.hasAttribute("selected");
});
