// Tells gradio to look again, as long as there is something to see (see ui/kit/ticker.py).
let timer = 0;
const seen = () => !document.hidden && element.checkVisibility();
const look = () => {
  if (seen()) trigger("click", {});
};
const start = () => {
  clearInterval(timer);
  if (props.value) timer = setInterval(look, 1000 * Number("{{seconds}}"));
};
watch("value", start);
start();
document.addEventListener("visibilitychange", () => props.value && look());
