// On a phone gradio draws the steps as a bar without words. They keep their names for whoever hears the page.
(names) => {
  const ours = names[document.documentElement.lang];
  const name = () => {
    for (const tab of document.querySelectorAll('#steps [role="tab"]:not([aria-label])'))
      tab.setAttribute("aria-label", ours[tab.dataset.tabId - 1]);
  };
  new MutationObserver(name).observe(document.body, { subtree: true, childList: true });
  name();
};
