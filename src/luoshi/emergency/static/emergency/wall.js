// The wall asks for its stamp, swaps when it changed, ticks by the server's clock, and says so when the line is gone.
(function () {
  "use strict";
  const EVERY = 700;
  const main = document.getElementById("wall");
  const gone = document.getElementById("gone");
  const url = document.body.dataset.news;
  let stamp = "", base = 0, since = 0, failed = 0, heard = Date.now(), asking = false;

  const two = (n) => String(n).padStart(2, "0");
  function span(ms) {
    const s = Math.max(0, Math.floor(ms / 1000)), h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
    return h ? h + ":" + two(m) + ":" + two(s % 60) : two(m) + ":" + two(s % 60);
  }
  function read() {
    const grid = main.querySelector("[data-now]");
    stamp = grid.dataset.stamp;
    base = Date.parse(grid.dataset.now);
    since = performance.now();
    tick();
  }
  function now() {
    const grid = main.querySelector("[data-now]");
    return grid.hasAttribute("data-frozen") ? base : base + performance.now() - since;
  }
  function tick() {
    const t = now();
    main.querySelectorAll("[data-due]:not([data-done])").forEach((el) => {
      const left = Date.parse(el.dataset.due) - t;
      el.textContent = left >= 0 ? span(left) : "超时 " + span(-left);
      el.closest("li").classList.toggle("ew-late", left < 0);
      el.closest("li").classList.toggle("ew-soon", left >= 0 && left < 600000);
    });
    main.querySelectorAll("[data-since]").forEach((el) => { el.textContent = span(t - Date.parse(el.dataset.since)); });
    const shown = document.getElementById("ew-now");
    const d = new Date(t + 8 * 3600000); // Asia/Shanghai, whatever the screen is set to
    if (shown) shown.textContent = two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()) + ":" + two(d.getUTCSeconds());
  }
  function lost(why) {
    const d = new Date(heard + 8 * 3600000);
    document.getElementById("gone-at").textContent = two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()) + ":" + two(d.getUTCSeconds());
    document.getElementById("gone-why").textContent = why || "";
    gone.hidden = false;
    document.body.classList.add("ew-lost");
  }
  function found() {
    failed = 0; heard = Date.now();
    if (!gone.hidden) { gone.hidden = true; document.body.classList.remove("ew-lost"); }
  }
  function swap(html) {
    const held = document.activeElement && main.contains(document.activeElement) ? document.activeElement.id : "";
    main.innerHTML = html;
    read();
    if (held && document.getElementById(held)) document.getElementById(held).focus();
    const last = main.querySelector(".ew-log li span");
    document.getElementById("said").textContent = last ? "有更新：" + last.textContent : "有更新";
  }
  async function ask() {
    if (asking || document.hidden) return;
    asking = true;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), 5000);
    try {
      const answer = await fetch(url, { headers: { "If-None-Match": '"' + stamp + '"' }, cache: "no-store", redirect: "manual", signal: stop.signal });
      if (answer.status === 304) found();
      else if (answer.ok) { swap(await answer.text()); found(); }
      else if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) lost("登录已失效，请重新登录后打开本页。");
      else if (++failed > 1) lost("服务器没有正常应答。");
    } catch (e) {
      if (++failed > 1) lost("");
    } finally { clearTimeout(timer); asking = false; }
  }
  read();
  setInterval(tick, 1000);
  setInterval(ask, EVERY);
  document.addEventListener("visibilitychange", ask);
  window.addEventListener("offline", () => lost(""));
  window.addEventListener("online", ask);
  // keyboard: 1–6 to a part of the wall, f for the whole screen
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const part = /^[1-6]$/.test(e.key) && document.getElementById("ew-h" + e.key);
    if (part) { part.tabIndex = -1; part.focus(); part.scrollIntoView({ block: "start" }); }
    else if (e.key === "f" && document.documentElement.requestFullscreen) {
      document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen().catch(() => {});
    }
  });
})();
