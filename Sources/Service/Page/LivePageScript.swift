/// The live page's script. It listens to `/events`, comes back by itself when the coordinator was away, and asks for what it missed. All
/// words from events become text nodes.
let livePageScript = #"""
    "use strict";
    (() => {
      const at = id => document.getElementById(id);
      const levels = ["debug", "info", "warning", "error"];
      const mostLines = 1000;
      let source = null, lastID = "", lastHeard = 0, isOver = false, hasStatus = false, retryTimer = 0;

      const make = (name, text, style) => {
        const element = document.createElement(name);
        if (text !== undefined) element.textContent = text;
        if (style) element.className = style;
        return element;
      };

      // MARK: Numbers

      const short = value => !Number.isFinite(value) ? "–" : Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : Math.abs(value) >= 100 ? value.toFixed(0) : value === 0 ? "0" : Number(value.toPrecision(3)).toString();
      const percent = (value, digits) => Number.isFinite(value) ? (value * 100).toFixed(digits) + " %" : "–";
      const bytes = value => value >= 1e9 ? (value / 1e9).toFixed(1) + " GB" : value >= 1e6 ? (value / 1e6).toFixed(0) + " MB" : value > 0 ? (value / 1e3).toFixed(0) + " kB" : "–";
      const duration = seconds => {
        if (!Number.isFinite(seconds) || seconds < 0) return "–";
        const s = Math.round(seconds);
        if (s < 60) return seconds < 10 ? seconds.toFixed(1) + " s" : s + " s";
        if (s < 3600) return Math.floor(s / 60) + " min " + s % 60 + " s";
        if (s < 172800) return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min";
        return Math.floor(s / 86400) + " d " + Math.floor(s % 86400 / 3600) + " h";
      };

      // MARK: The connection

      function notice(text, style) {
        at("notice").hidden = !text;
        if (at("notice").textContent !== text) at("notice").textContent = text;
        at("notice").className = "notice " + (style || "");
      }

      function connect() {
        clearTimeout(retryTimer);
        if (source) source.close();
        source = new EventSource("/events" + (lastID ? "?after=" + encodeURIComponent(lastID) : ""));
        lastHeard = Date.now();
        source.onopen = () => { lastHeard = Date.now(); if (!isOver) notice(""); };
        source.onerror = () => {
          if (isOver) return;
          notice(hasStatus ? "The coordinator does not answer: it has ended, was killed, or cannot be reached. What stands here is the last that it said. Trying again …"
            : "The coordinator does not answer. Trying again …", "bad");
          // The browser comes back by itself after a broken connection, but not after a refusal.
          if (source.readyState === EventSource.CLOSED) again();
        };
        for (const [name, take] of Object.entries({ status: showStatus, curves: takeCurves, points: takePoints, log: showLog, over: showEnd })) {
          source.addEventListener(name, event => {
            lastHeard = Date.now();
            if (event.lastEventId) lastID = event.lastEventId;
            take(JSON.parse(event.data));
          });
        }
      }

      function again() {
        clearTimeout(retryTimer);
        retryTimer = setTimeout(connect, 3000);
      }

      // A machine that is gone, or a network, breaks no connection.
      setInterval(() => {
        if (isOver) return;
        const silent = (Date.now() - lastHeard) / 1000;
        if (hasStatus) at("age").textContent = silent < 3 ? "Up to date." : `This is how things stood ${duration(silent)} ago.`;
        if (silent > 30 && source && source.readyState !== EventSource.CLOSED) {
          notice(`The coordinator has said nothing for ${duration(silent)}. Trying again …`, "bad");
          source.close();
          again();
        }
      }, 1000);

      // MARK: Status

      const moods = { running: "good", finished: "good", starting: "warn", "waiting for workers": "warn", paused: "warn", failed: "bad", interrupted: "bad" };

      function rows(list, pairs) {
        list.replaceChildren(...pairs.map(([name, value]) => {
          const row = make("div");
          row.append(make("dt", name), make("dd", value));
          return row;
        }));
      }

      function showStatus(event) {
        const status = event.status, metrics = status.metrics || {};
        hasStatus = true;
        document.title = `${status.recipe || "run"} · ${status.phase || status.state} – Filterscope`;
        at("recipe").textContent = status.recipe || "(no name)";
        at("run").textContent = status.run;
        at("state").textContent = status.state;
        at("state").className = "state " + (moods[status.state] || "");
        const share = status.totalSteps > 0 ? Math.min(1, status.step / status.totalSteps) : 0;
        const stepped = ["training", "heads", "prune"].includes(status.phase);
        at("phase").textContent = status.phase
          ? `${status.phase}: ${status.step.toLocaleString("en")} of ${status.totalSteps.toLocaleString("en")} ${stepped ? "steps" : "units"}, ${Math.floor(share * 100)} %` : status.state;
        at("filled").style.width = `${share * 100}%`;
        at("bar").setAttribute("aria-valuenow", `${Math.floor(share * 100)}`);
        const pace = [`running for ${duration(Math.max(0, status.updatedAt - status.startedAt))}`];
        if (stepped) pace.push(`epoch ${status.epoch + 1}`);
        if (status.secondsLeft !== undefined) pace.push(`${duration(status.secondsLeft)} left in this phase`);
        if (status.waitingShare !== undefined) pace.push(`${percent(status.waitingShare, 1)} of the time waited for samples`);
        at("pace").textContent = pace.join(" · ");
        const tiles = [["images/s", short(status.rate)]];
        if (metrics.loss !== undefined) tiles.push(["loss", short(metrics.loss)]);
        if (metrics.accuracy !== undefined) tiles.push(["accuracy", percent(metrics.accuracy, 1)]);
        if (metrics.test_accuracy !== undefined) tiles.push(["test accuracy", percent(metrics.test_accuracy, 2)]);
        tiles.push(["left in this phase", duration(status.secondsLeft)], ["workers", `${status.workers.length}`]);
        rows(at("tiles"), tiles);
        at("faults").replaceChildren(...status.faults.map(fault => make("li", fault)));
        at("faults").hidden = !status.faults.length;
        showWorkers(status, event.workers || []);
        const trouble = Object.entries(status.refusals || {}).sort((a, b) => b[1] - a[1]).map(([kind, count]) => [`refused: ${kind}`, count.toLocaleString("en")]);
        if (status.damagedSamples) trouble.unshift(["damaged samples", status.damagedSamples.toLocaleString("en")]);
        for (const kernels of status.otherKernels || []) trouble.push(["other kernels", kernels]);
        rows(at("trouble"), trouble);
        at("trouble-section").hidden = !trouble.length;
      }

      function showWorkers(status, figures) {
        const more = new Map(figures.map(worker => [worker.name, worker]));
        at("workers-region").hidden = !status.workers.length;
        at("no-workers").hidden = status.workers.length > 0;
        at("workers").replaceChildren(...status.workers.map(worker => {
          const row = make("tr"), own = more.get(worker.name) || {};
          const name = make("td", worker.name), host = make("td", worker.host);
          name.title = `${worker.name}, process ${worker.pid}, ${worker.threads} ${worker.threads === 1 ? "thread" : "threads"}`;
          host.title = worker.host;
          const state = make("td", worker.state, worker.state === "lost" ? "bad" : worker.state === "lagging" ? "warn" : "");
          const share = make("td"), meter = make("span", undefined, "meter"), filled = make("span");
          filled.style.width = `${Math.min(100, Math.max(0, worker.share * 100))}%`;
          meter.setAttribute("aria-hidden", "true");
          meter.append(filled);
          share.append(meter, percent(worker.share, 0));
          row.append(
            name, host, state, share, make("td", own.samplesPerSecond === undefined ? "–" : short(own.samplesPerSecond)), make("td", worker.unitsDone.toLocaleString("en")),
            make("td", own.unitsInHand === undefined ? "–" : `${own.unitsInHand}`), make("td", worker.waitingShare === undefined ? "–" : percent(worker.waitingShare, 1)),
            make("td", duration(worker.lagSeconds), worker.lagSeconds > 5 ? "warn" : ""), make("td", bytes(worker.residentBytes)),
            make("td", own.failures === undefined ? "–" : `${own.failures}`, own.failures ? "warn" : ""));
          return row;
        }));
      }

      // MARK: Curves

      let curves = [], drawing = false;

      function takeCurves(event) {
        curves = [];
        takePoints(event);
      }

      function takePoints(event) {
        for (const more of event.curves) {
          const known = curves.find(curve => curve.phase === more.phase && curve.name === more.name);
          if (known) known.points.push(...more.points); else curves.push(more);
        }
        if (drawing) return;
        drawing = true;
        setTimeout(() => { drawing = false; drawCharts(); }, 400);
      }

      const space = "http://www.w3.org/2000/svg";
      const shape = (name, attributes, text) => {
        const element = document.createElementNS(space, name);
        // Colours go through the object model: the page's policy admits no style attributes.
        for (const [key, value] of Object.entries(attributes)) if (key === "line") element.style.stroke = value; else if (key === "area") element.style.fill = value; else element.setAttribute(key, value);
        if (text !== undefined) element.textContent = text;
        return element;
      };

      const phases = ["training", "heads", "prune"];

      function drawCharts() {
        const found = [];
        for (const phase of [...new Set(curves.map(curve => curve.phase))].sort((a, b) => phases.indexOf(a) - phases.indexOf(b))) {
          for (const kind of ["loss", "accuracy"]) {
            const own = curves.filter(curve => curve.phase === phase && curve.name.includes(kind) && curve.points.length >= 2);
            if (own.length) found.push({ id: `${phase} ${kind}`, title: `${phase[0].toUpperCase()}${phase.slice(1)}: ${kind}`, share: kind === "accuracy", curves: own });
          }
        }
        at("charts-section").hidden = !found.length;
        const present = new Map([...at("charts").children].map(child => [child.dataset.chart, child]));
        const wanted = found.map(chart => {
          const figure = present.get(chart.id) || newChart(chart.id);
          figure.draw(chart);
          return figure;
        });
        if (wanted.length !== at("charts").children.length || wanted.some((figure, index) => at("charts").children[index] !== figure)) at("charts").replaceChildren(...wanted);
      }

      // Single mini-batches are noisy: the mean of each point's neighbours is drawn over what was measured.
      function smoothed(points) {
        const count = points.length / 2, half = Math.floor(count / 40), sums = [0], result = [];
        for (let i = 0; i < count; i += 1) sums.push(sums[i] + points[2 * i + 1]);
        for (let i = 0; i < count; i += 1) {
          // Where a curve begins it falls fast, so the span grows from there.
          const low = i - Math.min(half, i), high = Math.min(count - 1, i + Math.min(half, i));
          result.push([points[2 * i], (sums[high + 1] - sums[low]) / (high + 1 - low)]);
        }
        return result;
      }

      function ticks(low, high, count) {
        const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
        const step = [1, 2, 2.5, 5, 10].map(factor => factor * power).find(step => step >= raw) || raw, result = [];
        for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) result.push(value);
        return result;
      }

      function newChart(id) {
        const figure = make("figure"), key = make("ul", undefined, "key"), caption = make("figcaption");
        const [width, height, left, right, top, bottom] = [480, 220, 46, 10, 10, 26];
        const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
        figure.dataset.chart = id;
        figure.append(caption, svg, key);
        let state = null;
        const label = (value, share) => share ? `${Number((value * 100).toPrecision(6))} %` : `${Number(value.toPrecision(6))}`;

        figure.draw = chart => {
          caption.textContent = chart.title;
          const all = chart.curves.map((curve, index) => {
            const isTest = curve.name.startsWith("test_");
            return { name: curve.name.replace(/^(loss|accuracy)\./, "").replace(/^test_/, "test "), raw: curve.points, line: isTest ? pairs(curve.points) : smoothed(curve.points), isTest, color: `var(--c${index % 8})`, dash: index < 8 ? "none" : "6 3" };
          });
          let [x0, x1, y0, y1] = [Infinity, -Infinity, Infinity, -Infinity];
          for (const one of all) {
            x0 = Math.min(x0, one.line[0][0]);
            x1 = Math.max(x1, one.line[one.line.length - 1][0]);
            for (const [, y] of one.line) { y0 = Math.min(y0, y); y1 = Math.max(y1, y); }
          }
          if (x0 > 0 && x0 < x1 * 0.1) x0 = 0;
          if (x1 <= x0) x1 = x0 + 1;
          const margin = Math.max((y1 - y0) * 0.06, 1e-6);
          y0 = y0 >= 0 ? Math.max(0, y0 - margin) : y0 - margin;
          y1 = chart.share ? Math.min(1, y1 + margin) : y1 + margin;
          if (y1 <= y0) y1 = y0 + 1e-3;
          const x = value => left + (value - x0) / (x1 - x0) * (width - left - right), y = value => height - bottom - (value - y0) / (y1 - y0) * (height - top - bottom);
          const clipped = value => Math.min(height - bottom, Math.max(top, y(value)));
          const parts = [];
          for (const value of ticks(y0, y1, 5)) {
            parts.push(shape("line", { x1: left, x2: width - right, y1: y(value), y2: y(value), class: "grid" }));
            parts.push(shape("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, label(value, chart.share)));
          }
          for (const value of ticks(x0, x1, 5)) parts.push(shape("text", { x: x(value), y: height - 8, "text-anchor": "middle" }, Math.round(value).toLocaleString("en")));
          for (const one of all) {
            if (all.length <= 3 && !one.isTest) parts.push(shape("polyline", { points: pairs(one.raw).map(([a, b]) => `${x(a).toFixed(1)},${clipped(b).toFixed(1)}`).join(" "), fill: "none", line: one.color, "stroke-width": 1, opacity: 0.25 }));
          }
          for (const one of all) {
            parts.push(shape("polyline", { points: one.line.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(" "), fill: "none", line: one.color, "stroke-width": 2, "stroke-linejoin": "round", "stroke-dasharray": one.dash }));
            if (one.isTest) for (const [a, b] of one.line) parts.push(shape("circle", { cx: x(a), cy: y(b), r: 2.5, area: one.color }));
          }
          svg.replaceChildren(...parts);
          state = { all, x, x0, x1, share: chart.share, cursor: null };
          svg.setAttribute("aria-label", `${chart.title}. ` + all.map(one => `${one.name}: ${label(Number(one.line[one.line.length - 1][1].toPrecision(4)), chart.share)}`).join(", "));
          showKey(null);
        };

        function showKey(step) {
          key.replaceChildren(...state.all.map(one => {
            const item = make("li"), mark = make("i");
            mark.style.background = one.color;
            let value = one.line[one.line.length - 1];
            if (step !== null) for (const point of one.line) if (point[0] <= step || point === one.line[0]) value = point;
            item.append(mark, `${one.name} ${label(Number(value[1].toPrecision(4)), state.share)}`);
            return item;
          }));
        }

        svg.addEventListener("pointermove", event => {
          if (!state) return;
          const box = svg.getBoundingClientRect();
          const place = ((event.clientX - box.left) / box.width * width - left) / (width - left - right);
          const step = state.x0 + Math.min(1, Math.max(0, place)) * (state.x1 - state.x0);
          if (state.cursor) state.cursor.remove();
          state.cursor = shape("line", { x1: state.x(step), x2: state.x(step), y1: top, y2: height - bottom, class: "cursor" });
          svg.append(state.cursor);
          caption.textContent = caption.textContent.split(" · ")[0] + ` · step ${Math.round(step).toLocaleString("en")}`;
          showKey(step);
        });
        svg.addEventListener("pointerleave", () => {
          if (!state) return;
          if (state.cursor) state.cursor.remove();
          caption.textContent = caption.textContent.split(" · ")[0];
          showKey(null);
        });
        return figure;
      }

      const pairs = points => { const result = []; for (let i = 0; i < points.length; i += 2) result.push([points[i], points[i + 1]]); return result; };

      // MARK: Log

      const printable = text => text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "·");

      function line(record) {
        const item = make("li");
        item.dataset.level = levels.indexOf(record.level);
        item.hidden = item.dataset.level < at("level").value;
        const when = make("time", new Date(record.time * 1000).toLocaleTimeString("en-GB"), "when");
        when.dateTime = new Date(record.time * 1000).toISOString();
        when.title = when.dateTime;
        const style = { warning: "warn", error: "bad", debug: "debug" }[record.level] || "";
        const details = Object.entries(record.fields).sort((a, b) => a[0] < b[0] ? -1 : 1).map(([key, value]) => `${key}=${value}`);
        if (record.unit !== undefined) details.unshift(`unit=${record.unit}`);
        item.append(when, " ", make("span", `${record.level === "info" ? "" : record.level + " "}${printable(record.source)}: ${printable(record.message)}`, style), " ", make("span", printable(details.join(" ")), "details"));
        return item;
      }

      function showLog(event) {
        const log = at("log"), lines = event.records.map(line);
        if (event.missed) lines.unshift(make("li", `${event.missed} records in between are not kept here; filterscope logs has them`, "gap"));
        log.append(...lines);
        while (log.children.length > mostLines) log.firstChild.remove();
        if (at("follow").checked) log.scrollTop = log.scrollHeight;
      }

      at("level").addEventListener("change", () => {
        for (const item of at("log").children) if (item.dataset.level !== undefined) item.hidden = item.dataset.level < at("level").value;
        if (at("follow").checked) at("log").scrollTop = at("log").scrollHeight;
      });
      at("follow").addEventListener("change", () => { if (at("follow").checked) at("log").scrollTop = at("log").scrollHeight; });

      // MARK: The end

      function showEnd(event) {
        isOver = true;
        source.close();
        at("state").textContent = event.state;
        at("state").className = "state " + (moods[event.state] || "");
        const words = [`The run is over: ${event.state}.`];
        if (event.report) words.push(`Its report is ${event.report}.`);
        if (event.remedy) words.push(`To go on: ${event.remedy}`);
        words.push("This page does not change any more.");
        notice(words.join(" "), event.state === "finished" ? "good" : "bad");
        at("age").textContent = "This is how it ended.";
      }

      connect();
    })();

    """#
