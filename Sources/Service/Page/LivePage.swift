/// The live page, which is the same for every run: what is shown comes as events, and reaches the page as text, never as markup.
let livePage = """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Filterscope</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/live.css">
    <script src="/live.js" defer></script>
    </head>
    <body>
    <main>
    <p id="notice" class="notice" role="status" hidden></p>
    <header>
    <div>
    <p class="eyebrow">Filterscope run</p>
    <h1 id="recipe">Waiting for the coordinator …</h1>
    <p class="soft" id="run"></p>
    </div>
    <p id="state" class="state"></p>
    </header>
    <section aria-labelledby="progress-heading">
    <h2 id="progress-heading" class="quiet">Progress</h2>
    <div class="progress">
    <p id="phase"></p>
    <div id="bar" role="progressbar" aria-labelledby="phase" aria-valuemin="0" aria-valuemax="100" aria-valuenow="0"><div id="filled"></div></div>
    <p id="pace" class="soft"></p>
    </div>
    <dl id="tiles"></dl>
    <ul id="faults" hidden></ul>
    </section>
    <section aria-labelledby="charts-heading" id="charts-section" hidden>
    <h2 id="charts-heading">Curves</h2>
    <div id="charts"></div>
    </section>
    <section aria-labelledby="workers-heading">
    <h2 id="workers-heading">Workers</h2>
    <p id="no-workers" class="soft">None is present.</p>
    <div class="scroll" tabindex="0" role="region" aria-labelledby="workers-heading" id="workers-region" hidden>
    <table>
    <thead><tr><th scope="col">worker</th><th scope="col">host</th><th scope="col">state</th><th scope="col">share</th><th scope="col">images/s</th><th scope="col">units</th><th scope="col">in hand</th><th scope="col">waits</th><th scope="col">silent</th><th scope="col">memory</th><th scope="col">faults</th></tr></thead>
    <tbody id="workers"></tbody>
    </table>
    </div>
    </section>
    <section aria-labelledby="trouble-heading" id="trouble-section" hidden>
    <h2 id="trouble-heading">Not taken</h2>
    <dl id="trouble" class="facts"></dl>
    </section>
    <section aria-labelledby="log-heading">
    <div class="log-head">
    <h2 id="log-heading">Log</h2>
    <label>from <select id="level"><option value="0">debug</option><option value="1" selected>info</option><option value="2">warning</option><option value="3">error</option></select> up</label>
    <label><input type="checkbox" id="follow" checked> follow</label>
    </div>
    <ol id="log" tabindex="0" aria-labelledby="log-heading"></ol>
    </section>
    <footer class="soft">
    <p>For programs: <a href="/metrics">/metrics</a> for Prometheus, <a href="/status.json">/status.json</a>, <a href="/health">/health</a>, <a href="/ready">/ready</a>. <span id="age"></span></p>
    <noscript><p>This page needs its own script; /status.json says the same without.</p></noscript>
    </footer>
    </main>
    </body>
    </html>

    """
