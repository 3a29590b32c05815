// A page that belongs to one account. Browsers keep whole pages for their Back button, also over a log-out: such a page is not
// shown again as it was left but asked for anew, from whoever is logged in now.
addEventListener("pagehide", (event) => {
  if (event.persisted) document.documentElement.hidden = true;
});
addEventListener("pageshow", (event) => {
  // Without the part after #, which would only scroll; and never a second POST.
  if (event.persisted) location.replace(location.pathname + location.search);
});
