/// The live page's style sheet: light and dark after the reader's system, and one column where there is little room.
let livePageStyle = """
    :root { color-scheme: light dark; --ink: #1f2933; --soft: #52606d; --line: #d9dee4; --paper: #ffffff; --tint: #f5f7f9; --accent: #005a9c; --good: #00664b; --warn: #8a5a00; --bad: #a33d00;
      --c0: #0072b2; --c1: #d55e00; --c2: #009e73; --c3: #9b4f86; --c4: #b87700; --c5: #6b7280; --c6: #117a8b; --c7: #5b5bb5; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e6ebf0; --soft: #a3b1bf; --line: #35414d; --paper: #14191f; --tint: #1d242c; --accent: #6db7ef; --good: #4fd1a5; --warn: #f0b44c; --bad: #ff9466;
      --c0: #58b4ec; --c1: #ff9150; --c2: #3ccf9f; --c3: #d48ac0; --c4: #e5ac3f; --c5: #a3acb8; --c6: #55c3d4; --c7: #a3a3f2; } }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    body { margin: 0; background: var(--paper); color: var(--ink); font: 15.5px/1.5 "Source Sans 3", "Source Sans Pro", "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
    main { max-width: 1180px; margin: 0 auto; padding: 24px 26px 40px; }
    h1 { font-size: 27px; line-height: 1.2; margin: 0; letter-spacing: -0.01em; overflow-wrap: anywhere; }
    h2 { font-size: 18px; margin: 30px 0 8px; padding-top: 10px; border-top: 1px solid var(--line); }
    h2.quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); margin: 0; padding: 0; border: 0; }
    p { margin: 4px 0; }
    a { color: var(--accent); }
    .soft { color: var(--soft); font-size: 14px; overflow-wrap: anywhere; }
    .eyebrow { text-transform: uppercase; letter-spacing: 0.08em; font-size: 12px; color: var(--soft); }
    :focus-visible { outline: 3px solid var(--c1); outline-offset: 2px; }
    header { display: flex; flex-wrap: wrap; gap: 8px 24px; justify-content: space-between; align-items: flex-start; }
    header > div { min-width: 0; }
    .state { flex: none; font-weight: 650; padding: 3px 14px; border-radius: 14px; border: 1.5px solid currentColor; margin-top: 8px; }
    .state:empty { display: none; }
    .good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
    .notice { position: sticky; top: 0; z-index: 2; background: var(--tint); border: 1px solid var(--line); border-left: 5px solid var(--warn); padding: 9px 14px; margin: 0 0 16px; overflow-wrap: anywhere; }
    .notice.bad { border-left-color: var(--bad); color: var(--ink); } .notice.good { border-left-color: var(--good); color: var(--ink); }
    .progress { margin: 16px 0 4px; }
    #phase { font-weight: 600; font-variant-numeric: tabular-nums; }
    #bar { height: 12px; border-radius: 6px; background: var(--line); overflow: hidden; margin: 4px 0; }
    #filled { height: 100%; width: 0; background: var(--accent); border-radius: 6px; }
    #tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 10px; margin: 14px 0 0; }
    #tiles div { background: var(--tint); border-left: 3px solid var(--accent); padding: 8px 12px; min-width: 0; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
    #tiles dt { color: var(--soft); font-size: 13px; }
    #tiles dd { margin: 0; font-size: 21px; line-height: 1.25; font-weight: 650; font-variant-numeric: tabular-nums; white-space: nowrap; }
    #faults { list-style: none; margin: 12px 0 0; padding: 8px 14px; border-left: 3px solid var(--bad); background: var(--tint); overflow-wrap: anywhere; }
    #charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 430px), 1fr)); gap: 12px 28px; }
    figure { margin: 0; min-width: 0; }
    figcaption { font-weight: 600; font-size: 14.5px; }
    figure svg { display: block; width: 100%; height: auto; overflow: visible; }
    svg text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
    svg .grid { stroke: var(--line); stroke-width: 1; }
    svg .cursor { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 3; }
    .key { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 2px 0 0; padding: 0; font-size: 13.5px; color: var(--soft); font-variant-numeric: tabular-nums; }
    .key i { display: inline-block; width: 14px; height: 3px; margin-right: 6px; vertical-align: 4px; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14.5px; }
    th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--line); white-space: nowrap; }
    th { font-size: 13px; color: var(--soft); font-weight: 600; }
    th:first-child, td:first-child { padding-left: 0; font-weight: 600; max-width: 230px; overflow: hidden; text-overflow: ellipsis; }
    th:nth-child(-n+3), td:nth-child(-n+3) { text-align: left; }
    td:nth-child(2) { max-width: 180px; overflow: hidden; text-overflow: ellipsis; }
    .meter { display: inline-block; width: 56px; height: 8px; border-radius: 4px; background: var(--line); margin-right: 8px; overflow: hidden; }
    .meter > span { display: block; height: 100%; background: var(--accent); }
    .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 2px 22px; margin: 0; }
    .facts div { display: flex; justify-content: space-between; gap: 10px; border-bottom: 1px solid var(--line); padding: 3px 0; }
    .facts dd { margin: 0; font-variant-numeric: tabular-nums; }
    .log-head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 20px; border-top: 1px solid var(--line); margin-top: 30px; padding-top: 10px; }
    .log-head h2 { margin: 0; padding: 0; border: 0; }
    .log-head label { font-size: 14px; color: var(--soft); }
    select { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--soft); border-radius: 4px; padding: 1px 4px; }
    #log { list-style: none; margin: 8px 0 0; padding: 8px 12px; background: var(--tint); border: 1px solid var(--line); height: 300px; overflow: auto; overscroll-behavior: contain; font: 12.5px/1.55 "DejaVu Sans Mono", Menlo, Consolas, monospace; }
    #log li { overflow-wrap: anywhere; padding-left: 2ch; text-indent: -2ch; }
    #log .when, #log .details { color: var(--soft); }
    #log .debug { color: var(--soft); }
    #log .gap { color: var(--warn); font-style: italic; }
    footer { margin-top: 26px; border-top: 1px solid var(--line); padding-top: 8px; }
    @media (max-width: 560px) {
      main { padding: 14px 14px 30px; } h1 { font-size: 22px; } #tiles { grid-template-columns: repeat(2, 1fr); } #tiles dd { font-size: 20px; } #log { height: 240px; } svg text { font-size: 15px; }
    }
    @media (prefers-reduced-motion: no-preference) { #filled { transition: width 0.4s; } }

    """
