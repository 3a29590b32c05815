// Where drafts of the signing form end: at the log-out of their account, on pages that say that it was signed or declined, after a
// day. The drafts themselves are made by drafts.js; here nobody can read them.
const PREFIX = "kolportal-draft:";
const LIFE = 24 * 60 * 60 * 1000;

const each = (visit) => {
  try {
    for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) visit(name);
  } catch {
    // No storage: no drafts.
  }
};

const end = (chosen) => {
  each((name) => {
    if (!chosen(name.slice(PREFIX.length))) return;
    localStorage.removeItem(name);
    document.dispatchEvent(new CustomEvent("draftended", { detail: name }));
  });
};

const madeAt = (name) => {
  try { return JSON.parse(localStorage.getItem(name)).at; } catch { return 0; }
};
each((name) => { if (!(Math.abs(Date.now() - madeAt(name)) < LIFE)) localStorage.removeItem(name); });

for (const place of document.querySelectorAll("[data-draft-ended]")) end((name) => name === place.dataset.draftEnded);

// The log-out here and the log-out everywhere, both of them from this browser.
const leaving = [...document.querySelectorAll("form[data-draft-owner]")];
document.addEventListener("submit", (event) => {
  const form = leaving.find(({ action }) => event.target.action === action);
  if (form) end((name) => name.startsWith(`${form.dataset.draftOwner}:`));
});
