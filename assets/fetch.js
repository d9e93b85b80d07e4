// Takes the file at the address that is its value as soon as that comes, for the person has asked for it already.
// (The button beside it may be another model's, or gone, before it is drawn.)
watch("value", () => {
  if (!props.value) return;
  const link = document.createElement("a");
  [link.href, link.download] = [props.value, ""];
  link.click();
});
