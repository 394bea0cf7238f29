"use strict";
(() => {
  const text = (id) => document.getElementById(id).textContent;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let data, loading;

  // The libraries lie in the page, compressed, and become a script when the first chart is drawn.
  const unpacked = (packed) => {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };
  const library = () => loading ??= unpacked(text("vega")).then((source) => {
    const script = document.createElement("script");
    script.textContent = source;
    document.head.append(script);
    return window.vegaEmbed;
  });

  const column = (at) => {
    const own = data.columns[at];
    if (!own["$words"]) return own;
    const [words, places] = own["$words"];
    return places.map((place) => words[place]);
  };
  const rows = (value) => {
    if (Array.isArray(value)) return value.map(rows);
    if (value === null || typeof value !== "object") return value;
    if (value["$rows"]) {
      const [names, places] = value["$rows"];
      const columns = places.map(column);
      return columns[0].map((_, at) => Object.fromEntries(names.map((name, of) => [name, columns[of][at]])));
    }
    return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, rows(own)]));
  };

  const specification = (name) => {
    data ??= JSON.parse(text("data"));
    const [kind, changes] = data.figures[name];
    let spec = structuredClone(data.patterns[kind]);
    for (const [path, ...value] of changes) {
      if (!path.length) { spec = value[0]; continue; }
      const last = path[path.length - 1];
      const owner = path.slice(0, -1).reduce((at, key) => at[key], spec);
      if (value.length) owner[last] = value[0]; else delete owner[last];
    }
    return {...rows(spec), config: dark.matches ? data.dark : data.light};
  };

  const narrowed = (spec, by) => {
    for (const part of [...(spec.vconcat ?? []), ...(spec.hconcat ?? []), ...(spec.concat ?? [])]) narrowed(part, by);
    if (typeof spec.width === "number") spec.width = Math.max(120, spec.width - by);
    return spec;
  };

  const draw = async (figure) => {
    const plot = figure.querySelector(".plot");
    const spec = specification(figure.id);
    const missing = Number(plot.dataset.width) - plot.clientWidth;
    if (missing > 0 && plot.classList.contains("fluid")) narrowed(spec, missing);
    const embed = await library();
    const live = document.createElement("div");
    live.className = "live";
    const made = await embed(live, spec, {actions: false, renderer: "svg", mode: "vega-lite"});
    plot.querySelector(".live")?.remove();
    plot.dataset.live = missing > 0 && plot.classList.contains("fluid") ? "narrow" : "";
    plot.append(live);
    live.querySelector("svg")?.setAttribute("aria-hidden", "true");
    return made;
  };

  // One after the other, when the page is idle: a page that is opened is readable at once.
  const waiting = new Set();
  let busy = false;
  const next = async () => {
    if (busy || !waiting.size) return;
    busy = true;
    const [figure] = waiting;
    waiting.delete(figure);
    try { await draw(figure); } catch (error) { console.error(error); }
    busy = false;
    (window.requestIdleCallback ?? setTimeout)(next);
  };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) {
      seen.unobserve(entry.target);
      waiting.add(entry.target);
    }
    next();
  }, {rootMargin: "200px"});
  const figures = "DecompressionStream" in window ? [...document.querySelectorAll("figure.chart")] : [];
  figures.forEach((figure) => seen.observe(figure));
  dark.addEventListener("change", () => {
    figures.filter((figure) => figure.querySelector(".live")).forEach((figure) => waiting.add(figure));
    next();
  });

  // A link to an event opens it; so does printing, for all of them.
  const show = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target && target.tagName === "DETAILS") target.scrollIntoView();
  };
  addEventListener("hashchange", show);
  show();
  const events = [...document.querySelectorAll("details.event")];
  const tools = document.querySelector(".tools");
  if (tools) {
    tools.hidden = events.length < 2;
    document.getElementById("open-all").onclick = () => events.forEach((one) => { one.open = true; });
    document.getElementById("close-all").onclick = () => events.forEach((one) => { one.open = false; });
  }
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
})();
