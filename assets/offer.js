
// What is offered comes into sight and has the focus; whoever leaves it is back at the button that asked for it.
// (`element` stays when the offer is drawn anew, so that the focus does too.)
let [offered, answered] = [Boolean(props.value), false];
element.tabIndex = -1;
element.addEventListener("click", ({ target }) => {
  if (target.closest("button[data-do]")) answered = true;
});
watch("value", () =>
  requestAnimationFrame(() => {
    const now = Boolean(props.value);
    if (now && !offered) {
      element.scrollIntoView({ block: "nearest" });
      element.focus({ preventScroll: true });
    }
    if (!now && answered) document.querySelector("#{{button}}")?.focus();
    [offered, answered] = [now, now && answered];
  }),
);
