// Moves the focus to the error summary, and from a link in it into the field that it names.
const summary = document.querySelector("[data-error-summary]");
if (summary) {
  summary.focus();
  summary.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const target = link && document.getElementById(link.hash.slice(1));
    if (!target) return;
    event.preventDefault();
    const field = target.matches("input, select, textarea") ? target : target.querySelector("input, select, textarea");
    (field ?? target).focus({ preventScroll: true });
    (target.closest(".field") ?? target).scrollIntoView({ block: "start" });
  });
}
