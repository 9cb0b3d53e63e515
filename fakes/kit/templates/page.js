// Refreshes what is live every two seconds, unless somebody is busy in it or the page is out of sight.
"use strict";
const live = document.getElementById("live");
async function refresh() {
  const busy = live.contains(document.activeElement) || String(getSelection()) !== "";
  if (document.hidden || busy) return;
  try {
    const answer = await fetch("/_fake/page/live");
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    if (live.dataset.seen !== text) {
      live.innerHTML = text; // escaped where it was made, and served by this fake alone
      live.dataset.seen = text;
    }
    document.documentElement.classList.remove("gone");
  } catch {
    document.documentElement.classList.add("gone");
  }
}
setInterval(refresh, 2000);
