// In place of Django's own: that one drops most Vietnamese letters ("Hội nghị" became "hi-ngh").
// The admin's prepopulated fields call URLify(text, longest, allowUnicode) as a global.
window.URLify = function URLify(text, longest) {
  return text
    .normalize("NFD")
    .replace(/\p{Mark}/gu, "")
    .replace(/[đĐ]/g, "d")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .substring(0, longest)
    .replace(/^-+|-+$/g, "");
};
