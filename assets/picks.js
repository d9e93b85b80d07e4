// What is picked is `props.value`, and the marks show it: whoever reads the value uses what is marked, at once.
// A radio button that was clicked once does not follow its `checked` attribute, so that there is none.
const radios = () => [...element.querySelectorAll('input[type="radio"]')];
const mark = () => radios().forEach((radio) => (radio.checked = radio.value === props.value));
element.addEventListener("change", ({ target }) => {
  if (!radios().includes(target)) return;
  props.value = target.value;
  trigger("input");
});
watch(["value", "cards", "earlier"], mark);
mark();
