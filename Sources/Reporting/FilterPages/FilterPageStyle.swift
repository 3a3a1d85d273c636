/// What filter pages add to the report's style sheet.
let filterPageStyle = """
    nav { display: flex; flex-wrap: wrap; gap: 4px 6px; margin: 12px 0 16px; }
    nav a { padding: 3px 9px; border: 1px solid var(--line); border-radius: 4px; color: var(--accent); text-decoration: none; font-size: 14.5px; }
    nav a[aria-current] { background: var(--accent); border-color: var(--accent); color: #fff; }
    main > p { max-width: 92ch; }
    :focus-visible { outline: 3px solid #d55e00; outline-offset: 2px; }
    #controls { display: flex; flex-wrap: wrap; gap: 10px 16px; align-items: end; background: var(--tint); border: 1px solid var(--line); padding: 12px 16px; margin: 20px 0 8px; position: sticky; top: 0; z-index: 2; }
    #controls label { font-size: 13px; color: var(--soft); display: flex; flex-direction: column; gap: 3px; min-width: 0; }
    #controls label.check { flex-direction: row; align-items: center; gap: 7px; padding-bottom: 8px; }
    #controls input[type=search], #controls select { font: inherit; font-size: 15px; color: var(--ink); background: #fff; padding: 6px 8px; border: 1px solid #7b8794; border-radius: 4px; max-width: 100%; }
    #controls input[type=search] { width: 250px; }
    #count { font-weight: 600; margin: 10px 0; }
    #cards { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 460px), 1fr)); gap: 0 28px; }
    .card { display: flex; gap: 16px; border-top: 1px solid var(--line); padding: 14px 4px; min-width: 0; contain: layout paint; content-visibility: auto; contain-intrinsic-size: auto 230px; }
    .card.large { grid-column: 1 / -1; flex-wrap: wrap; }
    .tile { position: relative; flex: none; display: block; padding: 0; border: 0; background-color: #fff; box-shadow: 0 0 0 1px #9aa5b1; margin: 1px; cursor: zoom-in; image-rendering: pixelated; background-repeat: no-repeat; }
    .large .tile { cursor: zoom-out; }
    .tile svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
    .words { min-width: 0; flex: 1 1 200px; font-size: 14px; line-height: 1.4; }
    .words h2 { font-size: 16px; margin: 0 0 4px; padding: 0; border: 0; }
    .words p { margin: 3px 0; overflow-wrap: anywhere; }
    .figures { color: var(--soft); }
    .figures b { color: var(--ink); font-variant-numeric: tabular-nums; }
    .cluster { display: inline; background: #e3eef7; border-radius: 3px; padding: 1px 5px; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
    .cluster + .cluster { margin-left: 5px; }
    mark { background: #ffe08a; color: inherit; }
    .readout { color: var(--soft); min-height: 1.4em; font-size: 13px; }
    .words button, #more { font: inherit; color: var(--accent); background: #fff; border: 1px solid var(--line); border-radius: 4px; padding: 1px 8px; cursor: pointer; }
    #more { padding: 8px 18px; }
    [hidden] { display: none !important; }
    @media (max-width: 620px) {
      main { padding: 22px 16px 48px; } h1 { font-size: 27px; }
      #controls { position: static; } #controls label, #controls input[type=search], #controls select { width: 100%; }
      .card { flex-wrap: wrap; gap: 8px; }
    }
    """
