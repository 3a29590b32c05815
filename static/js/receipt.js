// The receipt's state line changes by itself: asked every 2 seconds at first, then ever more rarely, only while it is looked at.
const place = document.querySelector("[data-receipt-state]");
const FIRST_PAUSE = 2000;
const LONGEST_PAUSE = 30000;

if (place) {
  let pause = FIRST_PAUSE;
  const part = () => place.firstElementChild;
  const isFinal = () => "final" in part().dataset;

  const look = async () => {
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(place.dataset.url, { headers: { "If-None-Match": part().dataset.etag }, redirect: "error", cache: "no-store" });
        if (answer.status === 404) return;
        if (answer.status === 200) place.innerHTML = await answer.text();
      } catch {
        // Offline or logged out: the next look may succeed.
      }
    }
    if (isFinal()) return;
    pause = Math.min(pause * 1.2, LONGEST_PAUSE);
    setTimeout(look, pause);
  };

  if (!isFinal()) setTimeout(look, pause);
}
