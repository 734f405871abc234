// Keeps figures live, says when somebody else changed the flags, and draws the chart. Every change works without it.
"use strict";
(() => {
  const count = (n) => n.toLocaleString("en-US");
  const ratio = (found) => (found ? found.value.toFixed(2) + "x" : "-");
  const lamp = document.getElementById("live");
  const known = document.getElementById("version");

  const say = (root, field, text) => {
    const place = root.querySelector(`[data-field="${field}"]`);
    if (place && place.textContent.trim() !== text) place.textContent = text;
    return place;
  };

  const show = (status) => {
    const roots = status.domains.flatMap((domain) =>
      [...document.querySelectorAll(`[data-domain="${CSS.escape(domain.domain)}"]`)].map((root) => [domain, root]),
    );
    for (const [domain, root] of roots) {
      if (domain.pilot_reason) say(root, "pilot_reason", domain.pilot_reason);
      say(root, "compared", count(domain.compared));
      say(root, "latency", ratio(domain.latency));
      say(root, "queries", ratio(domain.queries));
      const differ = say(root, "mismatches", count(domain.mismatches));
      if (differ) differ.classList.toggle("bad", domain.mismatches > 0);
      const verdict = root.querySelector('[data-field="verdict"] .verdict');
      if (verdict) {
        verdict.textContent = domain.verdict || "being found";
        verdict.className = "verdict " + ({ ready: "agrees", no: "differs" }[domain.verdict] || "");
      }
    }
    const at = document.getElementById("as-of");
    if (at) at.textContent = status.at.slice(0, 19).replace("T", " ") + " UTC";
  };

  // what a person has begun to type is never taken away
  const isTyping = () =>
    [...document.querySelectorAll("main input:not([type=hidden]), main textarea")].some((one) => one.value !== one.defaultValue || one.checked !== one.defaultChecked) ||
    document.querySelector("main form :focus") !== null;

  const changed = () => document.getElementById("changed");

  let renewing = false;
  const renew = async () => {
    if (renewing || (isTyping() && !changed().hidden)) return;
    renewing = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) {
        if (isTyping()) changed().hidden = false;
        else location.reload();
        return;
      }
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (isTyping()) {
        const [place, now] = [document, fresh].map((page) => page.getElementById("version").dataset);
        // what else came into the ledger is no reason to disturb who decides about this domain
        if (place.own && place.own === now.own) place.version = now.version;
        else changed().hidden = false;
        return;
      }
      const focused = document.activeElement && document.activeElement.getAttribute("aria-label");
      document.querySelector("main").replaceWith(document.adoptNode(fresh.querySelector("main")));
      if (focused) document.querySelector(`main [aria-label="${CSS.escape(focused)}"]`)?.focus();
      draw();
    } finally {
      renewing = false;
    }
  };

  const watch = () => {
    const source = new EventSource("/api/v1/events");
    source.addEventListener("open", () => {
      lamp.hidden = false;
      lamp.classList.remove("lost");
      lamp.textContent = "live";
    });
    const lost = (text) => () => {
      lamp.hidden = false;
      lamp.classList.add("lost");
      lamp.textContent = text;
    };
    source.addEventListener("error", lost("not live"));
    source.addEventListener("away", lost("store away"));
    source.addEventListener("status", (event) => {
      lamp.classList.remove("lost");
      lamp.textContent = "live";
      const status = JSON.parse(event.data);
      const place = document.getElementById("version");
      if (place && status.version > Number(place.dataset.version)) renew();
      else show(status);
    });
  };

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // midnight is told by its day
  const clock = (at) => {
    const text = new Date(at * 1000).toISOString();
    return text.slice(11, 16) === "00:00" ? text.slice(5, 10) : text.slice(11, 16);
  };

  const marks = (changes) => ({
    hooks: {
      draw: (plot) => {
        const context = plot.ctx;
        context.save();
        context.strokeStyle = colour("--soft");
        context.setLineDash([4, 4]);
        for (const change of changes) {
          const x = plot.valToPos(change.at_s, "x", true);
          if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) continue;
          context.beginPath();
          context.moveTo(x, plot.bbox.top);
          context.lineTo(x, plot.bbox.top + plot.bbox.height);
          context.stroke();
        }
        context.restore();
      },
    },
  });

  // fetches what a figure shows, and draws it again when the window gets another size
  const chart = async (name, made) => {
    const place = document.querySelector(`[data-${name}]`);
    if (!place || !window.uPlot) return;
    const answer = await fetch(place.dataset[name]);
    if (!answer.ok) return;
    const found = await answer.json();
    for (const old of place.querySelectorAll(".uplot")) old.remove();
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const size = () => ({ width: place.clientWidth - 24, height: place.clientWidth < 500 ? 180 : 230 });
    const [options, values] = made(found, axis);
    const plot = new uPlot({ ...size(), ...options }, values, place);
    addEventListener("resize", () => plot.setSize(size()));
  };

  const blocks = (found, axis) => {
    const rows = found.test.blocks.filter((one) => one.p50_ms !== null);
    const of = (side, name) => rows.map((one) => (one.side === side ? one[name] : null));
    const value = (_, one) => (one === null ? "-" : one.toFixed(1) + " ms");
    const line = (side, name, tint, dash) => ({ label: `${side} ${name}`, stroke: colour(tint), width: 1.5, dash, spanGaps: true, points: { show: true, size: 5 }, value });
    return [
      {
        scales: { x: { time: false }, y: { range: (_, low, high) => [0, Math.max(1, high * 1.1)] } },
        axes: [{ ...axis, values: (_, ticks) => ticks.map((one) => one + " s") }, { ...axis, size: 56 }],
        series: [
          { label: "after", value: (_, at) => (at === null ? "-" : at.toFixed(0) + " s") },
          line("legacy", "median", "--soft"),
          line("modern", "median", "--link"),
          line("legacy", "p95", "--soft", [3, 3]),
          line("modern", "p95", "--link", [3, 3]),
        ],
      },
      [rows.map((one) => one.begun_s), of("legacy", "p50_ms"), of("modern", "p50_ms"), of("legacy", "p95_ms"), of("modern", "p95_ms")],
    ];
  };

  const timeline = (line, axis) => [
    {
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      plugins: [marks(line.changes)],
      scales: { ratio: { range: (_, low, high) => [0, Math.max(1.2, (high || 1) * 1.1)] }, y: { range: (_, low, high) => [0, Math.max(5, high * 1.1)] } },
      axes: [{ ...axis, values: (_, ticks) => ticks.map(clock) }, { ...axis, size: 56 }, { ...axis, side: 1, scale: "ratio", grid: { show: false }, size: 56, values: (_, ticks) => ticks.map((one) => one.toFixed(2) + "x") }],
      series: [
        { label: "from", value: (_, at) => (at === null ? "-" : new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ")) },
        { label: "compared", stroke: colour("--match"), fill: colour("--match") + "33", width: 1.5 },
        { label: "differ", stroke: colour("--mismatch"), fill: colour("--mismatch") + "55", width: 1.5 },
        { label: "time", scale: "ratio", stroke: colour("--link"), width: 1.5, spanGaps: true, value: (_, one) => (one === null ? "-" : one.toFixed(2) + "x") },
      ],
    },
    [line.begins_s, line.compared, line.mismatches, line.latency],
  ];

  const draw = () => Promise.all([chart("chart", timeline), chart("blocks", blocks)]);

  addEventListener("DOMContentLoaded", () => {
    draw();
    if (lamp && known) watch();
  });
})();
