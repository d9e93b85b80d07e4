// Draws the figure in `props.value` (plotly JSON) in place: zoom is kept, nothing flickers.
// Colours written as var(--name) are looked up when drawing, so that dark mode is followed.
const plot = element.querySelector(".tt-plot");
const PLOTLY = "{{plotly}}"; // filled in by live_plot.py
const config = { displayModeBar: false, responsive: true, doubleClick: "reset+autosize" };
let drawn = false;

const colours = (part, style) => {
  if (typeof part === "string") {
    const name = /^var\((--[\w-]+)\)$/.exec(part);
    return name ? style.getPropertyValue(name[1]).trim() : part;
  }
  if (Array.isArray(part)) return part.map((each) => colours(each, style));
  if (part && typeof part === "object")
    return Object.fromEntries(Object.entries(part).map(([k, v]) => [k, colours(v, style)]));
  return part;
};

const draw = async () => {
  if (!window.Plotly || !props.value || !plot.isConnected) return;
  const figure = colours(JSON.parse(props.value), getComputedStyle(plot));
  plot.setAttribute("aria-label", figure.layout.meta?.label ?? "");
  figure.layout.font = { ...figure.layout.font, family: getComputedStyle(plot).fontFamily };
  if (plot.clientWidth < 480) Object.assign(figure.layout.margin, { l: 44, r: 8 });
  plot.style.maxWidth = figure.layout.meta?.max_width ? `${figure.layout.meta.max_width}px` : "";
  // A figure may be taller than the frame that waits for it.
  plot.style.minHeight = `${figure.layout.height}px`;
  await window.Plotly.react(plot, figure.data, figure.layout, config);
  if (!drawn) {
    drawn = true;
    plot.on("plotly_click", (event) => {
      const [row, column] = [].concat(event.points[0].pointIndex ?? event.points[0].pointNumber);
      trigger("click", { row, column });
    });
  }
};

const ready = () => {
  if (window.Plotly) return draw();
  const script =
    document.querySelector("script[data-plotly]") ??
    document.head.appendChild(
      Object.assign(document.createElement("script"), { src: PLOTLY }),
    );
  script.dataset.plotly = "";
  script.addEventListener("load", draw);
};

watch("value", draw);
// For watch.js: `watch` hears only of what gradio sets.
(window.ticktuneParts ??= {})["{{name}}"] = (value) => {
  props.value = value;
  draw();
};
new MutationObserver(draw).observe(document.body, { attributeFilter: ["class"] });
ready();
