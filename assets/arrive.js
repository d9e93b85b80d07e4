// Whoever arrives at a step or a tab is at its top, with the focus on its heading, whatever brought them there:
// a button, a run that is opened, an address. One place watches what is shown, so that no button has to.
() => {
  history.scrollRestoration = "manual"; // a reload arrives as well
  const shown = (element) => element?.checkVisibility?.() ?? Boolean(element?.offsetParent);
  const heading = () => [...document.querySelectorAll("h2.tt-place")].find(shown);
  // The same step is another place where it shows another file, or none.
  const place = () => {
    const found = heading();
    const part = shown(document.querySelector("#data-filled")) ? "filled" : "";
    return found && `${found.dataset.place} ${part}`;
  };
  const focus = () => heading()?.focus({ preventScroll: true });
  // A button that is gone, or grey, once it has done its work takes the focus with it.
  const usable = (element) => shown(element) && !element.disabled;
  let last = null;
  let around = []; // what it stood in, the nearest first
  document.addEventListener("focusin", ({ target }) => {
    last = target;
    around = [];
    for (let each = target.parentElement; each; each = each.parentElement) around.push(each);
  });
  document.addEventListener("focusout", ({ target }) => {
    // What is taken away says so while it is still there.
    queueMicrotask(() => {
      if (last === target && usable(target)) last = null; // the person went on
    });
  });
  // A button that was drawn anew is another element: the one that does the same in what stayed around it.
  const same = (element) => JSON.stringify(element.dataset) === JSON.stringify(last.dataset);
  const redrawn = () =>
    last.matches("[data-do]") &&
    [...(around.find(shown)?.querySelectorAll("[data-do]") ?? [])].find((each) => usable(each) && same(each));
  const within = (what, fits) => {
    const found = around.filter(shown).map((each) => [...each.querySelectorAll(what)].find(fits));
    return found.find(Boolean);
  };
  // The heading of what it stood in: who goes on by keyboard goes on there. Of what stands in nothing but the step,
  // whose heading may be far out of sight, the button that goes on.
  const nearest = () => {
    const found = within("h2, h3", shown) ?? heading();
    return (found === heading() && within("button.primary", usable)) || found;
  };
  const recover = () => {
    const button = redrawn();
    if (button) return button.focus({ preventScroll: true });
    const found = nearest();
    if (!found) return;
    if (found.tagName !== "BUTTON") found.tabIndex = -1;
    found.focus({ preventScroll: true });
  };
  // What went wrong with what a button does comes into sight, wherever it stands: the nearest, where two say it.
  const alerts = () => [...document.querySelectorAll('[role="alert"]')].filter(shown);
  let pressed = null; // the button, until the person does something else
  let known = [];
  const top = (element) => element.getBoundingClientRect().top;
  for (const act of ["pointerdown", "keydown", "wheel"])
    document.addEventListener(act, () => (pressed = null), { capture: true, passive: true });
  document.addEventListener(
    "click",
    ({ target }) => ([pressed, known] = [target.closest?.("button"), alerts()]),
    { capture: true },
  );
  const alarm = () => {
    if (!pressed) return;
    const far = (alert) => Math.abs(top(alert) - top(pressed));
    const fresh = alerts().filter((alert) => !known.includes(alert));
    fresh.sort((one, other) => far(one) - far(other));
    known.push(...fresh);
    fresh[0]?.scrollIntoView({ block: "nearest" });
  };
  const lost = () => last && !usable(last) && [document.body, last].includes(document.activeElement);
  let at; // undefined until the page is drawn: its first sight moves nothing
  const look = () => {
    const now = place();
    if (now === at && lost()) recover();
    alarm();
    if (!now || now === at) return;
    const first = at === undefined;
    at = now;
    if (first) return;
    pressed = null;
    window.scrollTo(0, 0);
    // Who walks through the tabs by keyboard stays on them.
    if (document.activeElement?.closest("#tabs > .tab-wrapper")) return;
    focus();
  };
  new MutationObserver(look).observe(document.body, {
    subtree: true,
    childList: true,
    attributeFilter: ["class", "style", "aria-selected"],
  });
  look();
};
