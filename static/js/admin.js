// Names that Unfold leaves out, for people who hear the page. Runs after it is parsed and before SimpleBar starts.
const words = document.currentScript.dataset;
const textOf = (element) => element?.textContent.replace(/\s+/g, " ").trim() ?? "";

// SimpleBar makes areas that scroll into regions and calls them all "scrollable content".
for (const area of document.querySelectorAll("[data-simplebar]")) {
  const heading = document.getElementById(area.closest("[aria-labelledby]")?.getAttribute("aria-labelledby"));
  const name = area.closest("#nav-sidebar") ? words.menu : textOf(heading) || textOf(document.querySelector("h1"));
  area.dataset.simplebarAriaLabel = name || document.title;
}

// Icons are words of a font ("content_copy"); those who hear the page shall not be told them.
for (const icon of document.querySelectorAll(".material-symbols-outlined")) icon.setAttribute("aria-hidden", "true");
// What was an icon and nothing else needs a name then.
const named = { "#searchbar-submit": words.search, "#nav-sidebar a": words.home, 'a[x-on\\:click*="showActions"]': words.actions };
for (const [selector, name] of Object.entries(named)) {
  for (const element of document.querySelectorAll(selector)) {
    const heard = element.cloneNode(true);
    for (const icon of heard.querySelectorAll("[aria-hidden]")) icon.remove();
    if (!textOf(heard)) element.setAttribute("aria-label", name);
  }
}

// Fields in the rows of a table are named by their column; rows that are added later are copies of the last one here.
for (const head of document.querySelectorAll(".inline-related thead th")) {
  if (!textOf(head)) {
    const hidden = document.createElement("span");
    hidden.className = "heard-only";
    hidden.textContent = words.remove;
    head.append(hidden);
  }
}
for (const field of document.querySelectorAll(".inline-related td[data-label] :is(input:not([type=hidden]), select, textarea)")) {
  if (!field.labels?.length) field.setAttribute("aria-label", field.closest("td").dataset.label.trim());
}
