/// The script of a filter page: search, order, and as many cards as are looked at. What is chosen stands in the address after
/// `#` (`#q=cat&sort=noise&order=down&active=1`), so that a view can be kept and sent. Names from data reach the page as text,
/// never as markup.
let filterPageScript = #"""
    "use strict";
    (() => {
      const data = JSON.parse(document.getElementById("data").textContent);
      const at = id => document.getElementById(id);
      const [query, sort, order, active, cards, more, count] = ["query", "sort", "order", "active", "cards", "more", "count"].map(at);
      // A picture is as wide as `extent` labels, of which the last few may be none.
      const K = data.labels.length, extent = data.side * data.block, step = 48;
      const scale = Math.max(1, Math.round(200 / data.side));
      const folded = data.labels.map(name => name.toLowerCase());
      const sum = (list, value) => list.reduce((total, one) => total + value(one), 0);
      // Undefined values come last in either order; "no noise" is above every ratio.
      const values = {
        number: f => f.n,
        largest: f => f.c.length ? Math.max(...f.c.map(c => c.length)) : null,
        size: f => f.c.length ? sum(f.c, c => c.length) / f.c.length : null,
        clusters: f => f.c.length ? f.c.length : null,
        noise: f => f.q ? null : f.i + f.e,
        snr: f => f.s === "no noise" ? Infinity : f.s === "undefined" ? null : f.s,
        margin: f => f.m === undefined ? null : f.m,
      };
      const usual = { number: "up", largest: "down", size: "down", clusters: "down", noise: "up", snr: "down", margin: "up" };
      let found = [], terms = [], shown = 0;

      const make = (name, text, style) => {
        const element = document.createElement(name);
        if (text !== undefined) element.textContent = text;
        if (style) element.className = style;
        return element;
      };
      const short = value => value === null ? "–" : !Number.isFinite(value) ? "no noise" : value === 0 ? "0"
        : value >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
      const hits = label => terms.some(term => folded[label].includes(term));

      function choose() {
        terms = query.value.toLowerCase().split(";").map(term => term.trim()).filter(term => term);
        const value = values[sort.value] || values.number, sign = order.value === "down" ? -1 : 1;
        found = data.filters.filter(f => {
          if (active.checked && !f.c.length) return false;
          return terms.every(term => f.c.some(c => c.some(label => folded[label].includes(term))));
        }).map(f => [value(f), f]).sort(([a, f], [b, g]) =>
          a === b ? f.n - g.n : a === null ? 1 : b === null ? -1 : a < b ? -sign : sign).map(pair => pair[1]);
        count.textContent = found.length === data.filters.length ? `All ${found.length} filters`
          : `${found.length} of ${data.filters.length} filters`;
        if (terms.length) {
          const matched = data.labels.filter((_, label) => hits(label)).length;
          count.textContent += `, searched for ${matched} ${matched === 1 ? "label" : "labels"} of ${K}`;
        }
        cards.replaceChildren();
        shown = 0;
        extend();
      }

      function extend() {
        const next = found.slice(shown, shown + step);
        cards.append(...next.map(card));
        shown += next.length;
        more.hidden = shown >= found.length;
        more.textContent = `Show more (${found.length - shown} left)`;
      }

      function picture(f) {
        const tile = make("button", undefined, "tile");
        tile.type = "button";
        tile.setAttribute("aria-label", `Filter ${f.n}, matrix of ${K} by ${K} labels; enlarge`);
        tile.setAttribute("aria-expanded", "false");
        const place = f.n % data.capacity, filters = Math.min(data.capacity, data.filters.length - f.n + place);
        const columns = Math.min(data.columns, filters), rows = Math.ceil(filters / data.columns);
        tile.style.backgroundImage = `url("${data.sheets[Math.floor(f.n / data.capacity)]}")`;
        const size = factor => {
          const side = data.side * factor;
          tile.style.width = tile.style.height = side + "px";
          tile.style.backgroundSize = `${columns * side}px ${rows * side}px`;
          tile.style.backgroundPosition = `${-(place % data.columns) * side}px ${-Math.floor(place / data.columns) * side}px`;
          tile.replaceChildren(outlines(f, side));
        };
        size(scale);
        tile.resize = large => {
          const room = Math.min(cards.clientWidth - 4, 720);
          size(large ? Math.max(scale, Math.floor(room / data.side)) : scale);
        };
        return tile;
      }

      // Clusters of less than 5 pixels would be all outline.
      function outlines(f, side) {
        const space = "http://www.w3.org/2000/svg";
        const svg = document.createElementNS(space, "svg");
        svg.setAttribute("viewBox", `0 0 ${extent} ${extent}`);
        svg.setAttribute("preserveAspectRatio", "none");
        svg.setAttribute("aria-hidden", "true");
        let start = 0;
        for (const cluster of f.c) {
          if (cluster.length * side >= 5 * extent) {
            const box = document.createElementNS(space, "rect");
            for (const [name, value] of Object.entries({
              x: start, y: start, width: cluster.length, height: cluster.length, fill: "none", stroke: "#1f2933", "stroke-width": 1.5,
              "vector-effect": "non-scaling-stroke",
            })) box.setAttribute(name, value);
            svg.append(box);
          }
          start += cluster.length;
        }
        return svg;
      }

      function names(cluster, limit) {
        const span = make("span", undefined, "cluster");
        const first = terms.length ? [...cluster].sort((a, b) => hits(b) - hits(a) || a - b) : cluster;
        first.slice(0, limit).forEach((label, index) => {
          if (index) span.append("; ");
          span.append(terms.length && hits(label) ? make("mark", data.labels[label]) : data.labels[label]);
        });
        if (cluster.length > limit) span.append(`; … ${cluster.length - limit} more`);
        return span;
      }

      function clusterWords(f, everything) {
        const words = make("p");
        if (!f.c.length) {
          words.textContent = f.q ? "Silent: its field has no positive element." : "No cluster: it speaks for no label's own images.";
          return words;
        }
        const ranked = terms.length ? [...f.c].sort((a, b) => b.some(hits) - a.some(hits)) : f.c;
        const visible = everything ? ranked : ranked.slice(0, 8);
        for (const cluster of visible) words.append(names(cluster, everything ? Infinity : 12), " ");
        if (!everything && (f.c.length > 8 || f.c.some(c => c.length > 12))) {
          const button = make("button", f.c.length > 8 ? `all ${f.c.length} clusters` : "all names");
          button.type = "button";
          button.addEventListener("click", () => words.replaceWith(clusterWords(f, true)));
          words.append(button);
        }
        return words;
      }

      function card(f) {
        const item = make("li", undefined, "card"), words = make("div", undefined, "words");
        item.dataset.filter = f.n;
        words.append(make("h2", `Filter ${f.n}`));
        const figures = make("p", undefined, "figures");
        const figure = (name, value) => {
          if (figures.childNodes.length) figures.append(" · ");
          figures.append(name + " ", make("b", value));
        };
        if (!f.q) {
          figure("noise", `${f.i + f.e}`);
          figures.append(` (${f.i} internal, ${f.e} external)`);
          if (f.c.length) {
            figure(f.c.length === 1 ? "cluster" : "clusters", `${f.c.length}`);
            figure("largest", short(values.largest(f)));
            figure("mean size", short(values.size(f)));
            figure("SNR", short(values.snr(f)));
          }
          if (values.margin(f) !== null) figure("margin", Number(f.m.toPrecision(2)).toString());
        }
        const readout = make("p", undefined, "readout");
        words.append(figures, clusterWords(f, false), readout);
        const tile = picture(f);
        const labels = [...f.c.flat(), ...[...Array(K).keys()].filter((taken => label => !taken.has(label))(new Set(f.c.flat())))];
        tile.addEventListener("click", () => {
          const large = item.classList.toggle("large");
          tile.setAttribute("aria-expanded", `${large}`);
          tile.resize(large);
        });
        tile.addEventListener("pointermove", event => {
          const box = tile.getBoundingClientRect();
          const label = (offset, length) => data.labels[labels[Math.min(K - 1, Math.max(0, Math.floor(offset / length * extent)))]];
          readout.textContent = `images of ${label(event.clientY - box.top, box.height)} → ${label(event.clientX - box.left, box.width)}`;
        });
        tile.addEventListener("pointerleave", () => { readout.textContent = ""; });
        item.append(tile, words);
        return item;
      }

      function readAddress() {
        const chosen = new URLSearchParams(location.hash.slice(1));
        query.value = chosen.get("q") || "";
        sort.value = chosen.get("sort") || "number";
        if (sort.selectedIndex < 0) sort.value = "number";
        order.value = ["up", "down"].includes(chosen.get("order")) ? chosen.get("order") : usual[sort.value];
        active.checked = chosen.get("active") === "1";
        choose();
      }

      function writeAddress() {
        const chosen = new URLSearchParams();
        if (query.value) chosen.set("q", query.value);
        if (sort.value !== "number") chosen.set("sort", sort.value);
        if (order.value !== usual[sort.value]) chosen.set("order", order.value);
        if (active.checked) chosen.set("active", "1");
        history.replaceState(null, "", "#" + chosen);
        choose();
      }

      at("names").append(...data.labels.map(name => { const option = make("option"); option.value = name; return option; }));
      query.addEventListener("input", writeAddress);
      sort.addEventListener("change", () => { order.value = usual[sort.value]; writeAddress(); });
      order.addEventListener("change", writeAddress);
      active.addEventListener("change", writeAddress);
      at("controls").addEventListener("submit", event => event.preventDefault());
      more.addEventListener("click", extend);
      window.addEventListener("hashchange", readAddress);
      if (window.IntersectionObserver) {
        new IntersectionObserver(entries => { if (entries.some(entry => entry.isIntersecting) && !more.hidden) extend(); },
          { rootMargin: "600px" }).observe(more);
      }
      readAddress();
    })();
    """#
