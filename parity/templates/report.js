"use strict";
// The page says everything without this: it filters, sorts, copies, and opens what a link leads to.
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const groups = all("details.group").map((card, place) => ({
    card, place, list: card.parentElement, text: `${card.id} ${card.querySelector("summary").textContent} ${card.querySelector(".facts").textContent}`.toLowerCase(),
  }));
  const tools = document.querySelector(".tools");

  function compare(order) {
    if (order === "endpoint") {
      return (one, other) => one.card.dataset.endpoint.localeCompare(other.card.dataset.endpoint) || one.place - other.place;
    }
    return (one, other) => other.card.dataset[order] - one.card.dataset[order] || one.place - other.place;
  }

  function show() {
    const { text, endpoint, kind, found } = tools.elements;
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const group of groups) {
      const { card } = group;
      const fits = (!endpoint.value || card.dataset.endpoint === endpoint.value)
        && (!kind.value || card.dataset.kind === kind.value) && words.every((word) => group.text.includes(word));
      card.hidden = !fits;
      shown += fits;
    }
    found.value = `${shown} of ${groups.length} groups`;
  }

  function sort() {
    for (const group of [...groups].sort(compare(tools.elements.order.value))) group.list.append(group.card);
  }

  function reveal() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    target.hidden = false;
    if (target.matches("details")) target.open = true;
    target.scrollIntoView();
  }

  if (tools) {
    tools.hidden = false;
    const { text, open } = tools.elements;
    tools.addEventListener("input", show);
    tools.elements.order.addEventListener("change", sort);
    tools.addEventListener("submit", (event) => event.preventDefault());
    open.addEventListener("click", () => {
      const seen = groups.filter(({ card }) => !card.hidden);
      const opens = seen.some(({ card }) => !card.open);
      for (const { card } of seen) card.open = opens;
      open.textContent = opens ? "Close all" : "Open all";
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
        event.preventDefault();
        text.focus();
      } else if (event.key === "Escape" && document.activeElement === text) {
        text.value = "";
        show();
      }
    });
    show();
  }

  for (const line of all(".command")) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy" });
    button.setAttribute("aria-label", `Copy the command for ${line.querySelector("span").textContent}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(line.querySelector("code").textContent);
      button.textContent = "Copied";
    });
    line.append(button);
  }

  for (const table of all("table.endpoints")) {
    const body = table.tBodies[0];
    all("thead th", table).forEach((head, column) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: head.textContent });
      button.addEventListener("click", () => {
        const falls = column > 0 && head.getAttribute("aria-sort") !== "descending";
        all("thead th", table).forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        const value = (row) => column ? Number(row.cells[column].dataset.value) : row.cells[0].textContent;
        const order = (one, other) => column ? value(one) - value(other) : value(one).localeCompare(value(other));
        body.append(...[...body.rows].sort((one, other) => falls ? order(other, one) : order(one, other)));
      });
      head.replaceChildren(button);
    });
  }

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details.group:not([open])");
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of opened) one.open = false; });
  addEventListener("hashchange", reveal);
  reveal();
})();
