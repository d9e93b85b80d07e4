// What one presses or fills and cannot see to its end: beyond the window, or beyond what it scrolls in.
() => {
  const found = [];
  for (const each of document.querySelectorAll("button, a[download], input, select, textarea")) {
    if (each.closest(".tt-unseen, .modebar")) continue;
    if (!each.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const box = each.getBoundingClientRect();
    if (box.width <= 2 || box.height <= 2) continue;
    const frames = [{ left: 0, right: window.innerWidth }];
    for (let around = each.parentElement; around; around = around.parentElement)
      if (getComputedStyle(around).overflowX !== "visible")
        frames.push(around.getBoundingClientRect());
    if (frames.some((frame) => box.right > frame.right + 1 || box.left < frame.left - 1))
      found.push(each.outerHTML.slice(0, 120));
  }
  return found;
}
