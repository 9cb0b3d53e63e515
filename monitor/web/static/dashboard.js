// Only comfort: every page works without it.
"use strict";
const job = document.querySelector("[data-job]");
if (job) {
  const told = document.querySelector("#progress bdi");
  let pause = 1000;
  const ask = async () => {
    try {
      const answer = await fetch(job.dataset.job, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error("not told");
      const found = await answer.json();
      if (found.state !== "running") { location.reload(); return; }
      if (found.progress && told.textContent !== found.progress) told.textContent = found.progress;
      pause = Math.min(pause * 1.2, 5000);
    } catch {
      pause = 5000; // the server may be away for a moment
    }
    setTimeout(ask, pause);
  };
  setTimeout(ask, 600);
}
// A second click must not begin the same work twice.
document.addEventListener("submit", (sent) => {
  if (sent.target.method !== "post") return;
  if (sent.target.dataset.sent) { sent.preventDefault(); return; }
  sent.target.dataset.sent = "yes";
  sent.submitter?.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  document.querySelectorAll("[aria-busy]").forEach((one) => one.removeAttribute("aria-busy"));
});
