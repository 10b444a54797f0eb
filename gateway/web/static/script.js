// Comforts only: every page works without this file.
"use strict";

const opened = [];

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  for (let at = target; at; at = at.parentElement) {
    if (at.tagName === "DETAILS") at.open = true;
  }
  if (target) target.scrollIntoView({ block: "nearest" });
}

addEventListener("hashchange", openTarget);
if (location.hash) openTarget();

addEventListener("beforeprint", () => {
  for (const details of document.querySelectorAll("details.duty:not([open])")) {
    details.open = true;
    opened.push(details);
  }
});
addEventListener("afterprint", () => {
  for (const details of opened.splice(0)) details.open = false;
});
