/// The report's style sheet.
let reportStyle = """
    :root { color-scheme: light; --ink: #1f2933; --soft: #52606d; --line: #d9dee4; --paper: #ffffff; --tint: #f5f7f9; --accent: #005a9c; }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 "Source Sans 3", "Source Sans Pro", "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
    main { max-width: 1120px; margin: 0 auto; padding: 40px 28px 64px; }
    h1 { font-size: 34px; line-height: 1.15; margin: 0 0 6px; letter-spacing: -0.01em; }
    h2 { font-size: 23px; line-height: 1.25; margin: 52px 0 12px; padding-top: 14px; border-top: 2px solid var(--ink); }
    h3 { font-size: 17px; margin: 26px 0 6px; }
    p, ul.plain { max-width: 76ch; margin: 8px 0; }
    .lead { font-size: 18px; color: var(--soft); max-width: 72ch; }
    .eyebrow { text-transform: uppercase; letter-spacing: 0.08em; font-size: 12.5px; color: var(--soft); margin: 0 0 8px; }
    .heroes { display: flex; flex-wrap: wrap; gap: 14px; margin: 26px 0 8px; }
    .hero { flex: 1 1 190px; background: var(--tint); border-left: 4px solid var(--accent); padding: 14px 18px 12px; }
    .hero.first { flex: 2 1 300px; }
    .hero b { display: block; font-size: 32px; line-height: 1.1; font-weight: 650; font-variant-numeric: tabular-nums; white-space: nowrap; }
    .hero.first b { font-size: 54px; }
    .hero span { color: var(--soft); font-size: 14px; line-height: 1.35; display: block; margin-top: 4px; }
    .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 2px 26px; margin: 14px 0; }
    .facts div { border-top: 1px solid var(--line); padding: 5px 0; min-width: 0; }
    .facts dt { font-size: 13px; color: var(--soft); }
    .facts dd { margin: 0; overflow-wrap: anywhere; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 15px; width: 100%; margin: 16px 0 6px; }
    th, td { text-align: right; padding: 6px 9px; border-bottom: 1px solid var(--line); white-space: nowrap; }
    th { font-size: 13px; color: var(--soft); font-weight: 600; vertical-align: bottom; border-bottom: 1.5px solid var(--ink); }
    th:first-child, td:first-child { text-align: left; }
    tbody tr:hover { background: var(--tint); }
    sub { line-height: 0; }
    td small { color: var(--soft); }
    .scroll { overflow-x: auto; }
    .columns { columns: 2 420px; column-gap: 34px; font-size: 14.5px; color: #323f4b; margin: 12px 0 4px; padding: 0; list-style: none; }
    .columns li { break-inside: avoid; margin: 0 0 7px; }
    .columns b { color: var(--ink); }
    figure { margin: 16px 0; }
    figcaption { font-size: 14px; color: var(--soft); max-width: 80ch; }
    figure svg { max-width: 100%; height: auto; display: block; }
    .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 4px 22px; align-items: start; }
    .charts.halves { grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); }
    .claim { border-left: 4px solid #9aa5b1; background: var(--tint); padding: 10px 18px 12px; margin: 14px 0; break-inside: avoid; }
    .claim.upheld { border-color: #009e73; }
    .claim.not-upheld { border-color: #d55e00; }
    .claim h3 { margin: 0; }
    .verdict { display: inline-block; font-size: 13px; font-weight: 650; padding: 1px 9px; border-radius: 10px; margin-left: 8px; background: #e4e7eb; color: #323f4b; vertical-align: 2px; }
    .upheld .verdict { background: #cdeee3; color: #00563f; }
    .not-upheld .verdict { background: #fbdcc6; color: #7a3300; }
    .claim p, .claim li { font-size: 15px; margin: 4px 0; }
    .claim ul { margin: 4px 0; padding-left: 20px; }
    .example { break-inside: avoid; margin: 22px 0 10px; border-top: 1px solid var(--line); padding-top: 10px; }
    .example h3 { margin: 0 0 2px; }
    .panels { display: flex; flex-wrap: wrap; gap: 6px 26px; }
    .panels figure { margin: 6px 0; width: 330px; max-width: 100%; }
    .panels svg { width: 100%; }
    .key { display: flex; flex-wrap: wrap; gap: 4px 20px; font-size: 14px; color: #323f4b; margin: 10px 0; padding: 0; list-style: none; }
    .key i { display: inline-block; width: 13px; height: 13px; margin-right: 6px; vertical-align: -1px; border: 1px solid #9aa5b1; }
    .key i.ramp { width: 110px; }
    .bar { background: var(--accent); height: 10px; display: inline-block; vertical-align: 0; }
    code { font: 13px/1.4 "DejaVu Sans Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
    a { color: var(--accent); }
    details summary { cursor: pointer; color: var(--accent); }
    @media print {
      body { font-size: 11pt; } main { max-width: none; padding: 0; }
      h2 { break-after: avoid; } section { break-inside: auto; } .hero, .claim, figure, tr { break-inside: avoid; }
      * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
    }
    """
