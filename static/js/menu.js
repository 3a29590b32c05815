// The account menu is a <details> that works by itself; this closes it on Escape and on a click or focus elsewhere.
for (const menu of document.querySelectorAll("[data-menu]")) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  for (const kind of ["click", "focusin"]) {
    document.addEventListener(kind, (event) => {
      if (menu.open && !menu.contains(event.target)) menu.open = false;
    });
  }
}
