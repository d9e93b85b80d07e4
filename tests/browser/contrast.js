// Texts with too little contrast (WCAG 2.2, 1.4.3), by their computed colours. Axe leaves those undecided that
// have a pseudo-element or a neighbour below them: an open tab and its line, a step and the way to the next.
() => {
  const parts = (text) => {
    const [red, green, blue, alpha] = text.match(/[\d.]+/g).map(Number);
    return [red, green, blue, alpha ?? 1];
  };
  const over = (top, below) =>
    [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const luminance = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const hidden = "svg, :disabled, [aria-disabled=true], .tt-unseen, script, style, noscript";
  const found = new Set();
  for (const element of document.querySelectorAll("body *")) {
    const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    if (element.closest(hidden) || !texts.some((node) => node.textContent.trim())) continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    const colour = parts(style.color);
    if (box.width <= 1 || box.height <= 1 || colour[3] === 0) continue;
    let below = [255, 255, 255, 1], opacity = 1, picture = false;
    const around = [];
    for (let each = element; each; each = each.parentElement) around.unshift(each);
    for (const each of around) {
      const own = getComputedStyle(each), fill = parts(own.backgroundColor);
      opacity *= Number(own.opacity);
      picture = own.backgroundImage !== "none" || (picture && fill[3] < 1);
      below = over(fill, below);
    }
    if (picture) continue;
    const front = over([...colour.slice(0, 3), colour[3] * opacity], below);
    const [light, dark] = [luminance(front), luminance(below)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5) - 0.005)
      found.add(`${ratio.toFixed(2)}: ${element.outerHTML.slice(0, 120)}`);
  }
  return [...found];
}
