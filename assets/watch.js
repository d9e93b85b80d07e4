// Asks what is new of the run that is shown, and puts it into the elements that said how (see ui/server/live.py).
// props.value: JSON of the run ("" when there is nothing to watch), its state, and the shot that is shown.
const HIDDEN = 3; // times as long while another step is open
const QUIET = 4; // at most as many times as long where nothing happens
const AGAIN = 10000; // milliseconds after which gradio is told the same once more
const FAILED = 30; // seconds at most between two questions that fail
const page = Math.random().toString(36).slice(2, 12);
let [shown, timer, asking, quiet, failed, told, toldAt] = [{}, 0, false, 0, 0, "", 0];

const later = (seconds) => {
  clearTimeout(timer);
  if (shown.run && !document.hidden && element.isConnected) timer = setTimeout(ask, 1000 * seconds);
};

const take = (news) => {
  for (const [name, value] of Object.entries(news.parts)) window.ticktuneParts?.[name]?.(value);
  quiet = Object.keys(news.parts).length ? 0 : quiet + 1;
  shown.have = news.have;
  // The buttons are gradio's: it draws the step when they change. What it was told may get lost.
  if (news.state === shown.state) return;
  if (news.state !== told || Date.now() - toldAt > AGAIN) {
    [told, toldAt] = [news.state, Date.now()];
    trigger("click", {});
  }
};

const ask = async () => {
  if (asking || !shown.run) return;
  asking = true;
  const about = shown;
  let wait = 1;
  try {
    const query = new URLSearchParams({ run: about.run, have: about.have, page });
    const answer = await fetch(`ticktune/live?${query}`);
    if (answer.status === 404) {
      // Deleted elsewhere: gradio says so.
      if (about === shown) trigger("click", {});
      about.run = "";
    } else if (!answer.ok) throw new Error(answer.status);
    else {
      const news = await answer.json();
      if (about === shown) take(news);
      wait = news.again * Math.min(QUIET, 1 + quiet / 2);
      if (!document.querySelector("#run-status")?.checkVisibility()) wait *= HIDDEN;
    }
    failed = 0;
  } catch {
    failed += 1;
    wait = Math.min(FAILED, 2 ** failed);
  }
  asking = false;
  later(about === shown ? wait : 1); // another run is shown by now
};

const start = () => {
  shown = JSON.parse(props.value || "{}");
  [told, quiet] = ["", 0];
  later(1);
};

watch("value", start);
start();
const seen = new IntersectionObserver((entries) => {
  if (entries.some((entry) => entry.isIntersecting)) later(0);
});
const status = document.querySelector("#run-status");
if (status) seen.observe(status);
document.addEventListener("visibilitychange", () => later(0));
