// A file that is too large is told in place and in the person's language, before it is sent.
const LIMIT = Number("{{limit}}"); // bytes; filled in by ui/steps/data/step.py
const guard = (event) => {
  if (!event.target.closest?.("#data-file")) return;
  const files = event.type === "drop" ? event.dataTransfer?.files : event.target.files;
  const large = [...(files ?? [])].find((file) => file.size > LIMIT);
  if (!large) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (event.type === "change") event.target.value = "";
  trigger("click", { size: large.size });
};
for (const type of ["change", "drop"]) document.addEventListener(type, guard, true);
