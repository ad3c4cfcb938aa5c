// Comfort only: every screen works without this file. No inline handlers, no eval, no third party.
(() => {
  "use strict";
  const say = (text) => {
    const place = document.querySelector(".live-state");
    if (!place) return;
    place.textContent = text;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => { place.textContent = ""; }, 4000);
  };
  const words = document.body.dataset;

  // Print and copy buttons are hidden until this runs.
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  for (const button of document.querySelectorAll("[data-copy]")) {
    const source = document.getElementById(button.dataset.copy);
    if (!source || !navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(source.innerText);
      say(words.wordCopied);
    });
  }

  // A tired finger sends twice; one sending is enough.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, 8000);
  });

  // The error summary takes the focus, as screen readers expect.
  const problems = document.getElementById("problems");
  if (problems) problems.focus();

  // Close the "more" menu with Escape or a click elsewhere.
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(".menu details[open]")) {
      if (!open.contains(event.target)) open.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const open of document.querySelectorAll(".menu details[open]")) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });

  // Live pages: when the server says that something moved, fetch this page again and swap its [data-part] regions.
  if (!words.live || !window.EventSource) return;
  let waiting = false;
  const busy = (part) => part.contains(document.activeElement) && document.activeElement !== document.body;
  const refresh = async () => {
    waiting = false;
    const answer = await fetch(location.href, { headers: { "x-sakimori-live": "1" }, redirect: "manual" });
    if (!answer.ok) { location.reload(); return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    let changed = false;
    for (const part of document.querySelectorAll("[data-part]")) {
      const next = fresh.getElementById(part.id);
      if (!next || busy(part)) continue;
      for (const own of part.querySelectorAll("details[id][open]")) {
        const same = fresh.getElementById(own.id);
        if (same) same.open = true;
      }
      if (next.innerHTML === part.innerHTML) continue;
      part.replaceChildren(...next.childNodes);
      changed = true;
    }
    if (changed) say(words.wordUpdated);
  };
  const soon = () => {
    if (waiting || document.hidden) return;
    waiting = true;
    setTimeout(() => refresh().catch(() => say(words.wordLost)), 500);
  };
  let live = null;
  const follow = () => {
    live = new EventSource(words.live);
    live.addEventListener("moved", soon);
    live.addEventListener("gone", () => { live.close(); location.reload(); });
    live.addEventListener("error", () => { if (live.readyState === EventSource.CLOSED) say(words.wordLost); });
  };
  follow();
  document.addEventListener("visibilitychange", () => { if (!document.hidden) soon(); });

  // Following keeps the session alive, so it stops when no hand has touched the page for ten minutes; once the session
  // has run out, the page makes room for the sign-in page instead of leaving its content on a shared screen.
  const QUIET_MS = 10 * 60 * 1000;
  const ENDED_MS = QUIET_MS + 16 * 60 * 1000;
  let touchedAt = Date.now();
  for (const kind of ["pointerdown", "pointermove", "keydown", "scroll"]) {
    document.addEventListener(kind, () => {
      touchedAt = Date.now();
      if (live.readyState === EventSource.CLOSED) { follow(); soon(); }
    }, { passive: true });
  }
  setInterval(() => {
    const quiet = Date.now() - touchedAt;
    if (quiet > ENDED_MS) location.reload();
    else if (quiet > QUIET_MS) live.close();
  }, 60 * 1000);
})();
