// Unfold's scripts under a policy without inline styles. Loaded before htmx and Alpine begin their work.
// htmx would add a <style> element of its own; its rules are in admin.css.
window.htmx.config.includeIndicatorStyles = false;

// Alpine writes styles as an attribute, which the policy forbids; the same text through the CSSOM is allowed.
const setAttribute = Element.prototype.setAttribute;
Element.prototype.setAttribute = function (name, value) {
  if (name === "style" && this.style) this.style.cssText = value;
  else setAttribute.call(this, name, value);
};
