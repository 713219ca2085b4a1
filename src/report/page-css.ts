/** How pages look. Colours are the theme's; type is the system's; figures scroll sideways when they are too wide. */
export const PAGE_CSS: string = `
*{box-sizing:border-box}
body{margin:0;background:var(--canvas);color:var(--text);font:14px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1160px;margin:0 auto;padding:28px 20px 40px}
h1{font-size:24px;line-height:1.25;margin:0;overflow-wrap:anywhere}
h2{font-size:16px;margin:0 0 2px}
h3{font-size:14px;margin:0;overflow-wrap:anywhere}
p{margin:0}
.muted{color:var(--muted)}
.lead{color:var(--muted);margin:0 0 14px;max-width:110ch}
.num{font-variant-numeric:tabular-nums}
.nowrap{white-space:nowrap}
header{display:flex;flex-wrap:wrap;gap:6px 16px;align-items:baseline;justify-content:space-between;margin-bottom:18px}
header .about{color:var(--muted);overflow-wrap:anywhere}
section{background:var(--surface);border:1px solid var(--line);border-radius:12px;padding:18px 20px;margin-top:16px;min-width:0}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:12px}
.card{background:var(--surface);border:1px solid var(--line);border-radius:12px;padding:14px 16px;min-width:0}
.card .label{color:var(--muted);font-size:12px}
.card .value{font-size:24px;font-weight:650;line-height:1.3;font-variant-numeric:tabular-nums}
.card .note{color:var(--muted);font-size:12.5px;overflow-wrap:anywhere}
.card.good{background:var(--good-soft);border-color:transparent}
.card.warn{background:var(--warn-soft);border-color:transparent}
.card.bad{background:var(--bad-soft);border-color:transparent}
.card.good .value,.tone.good{color:var(--good)}
.card.warn .value,.tone.warn{color:var(--warn)}
.card.bad .value,.tone.bad{color:var(--bad)}
.notice{border-left:4px solid var(--bad);background:var(--bad-soft);border-radius:6px;padding:10px 14px;margin-top:16px;overflow-wrap:anywhere}
.scroll{overflow-x:auto;margin:0 -6px;padding:0 6px}
.scroll:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
svg{display:block}
svg.wide{width:100%;height:auto;min-width:760px}
table{border-collapse:collapse;width:100%}
caption{text-align:left;color:var(--muted);padding-bottom:8px}
th,td{padding:6px 10px;text-align:left;border-bottom:1px solid var(--grid);vertical-align:top}
th{font-weight:600;font-size:12px;color:var(--muted);white-space:nowrap}
tbody th{font-size:14px;color:var(--text)}
tr:last-child>th,tr:last-child>td{border-bottom:0}
tfoot th,tfoot td{border-top:1px solid var(--line);font-weight:600;color:var(--text);font-size:14px}
.right{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td .sub,th .sub{display:block;color:var(--muted);font-size:12px;font-weight:400}
.tag{display:inline-block;border-radius:999px;padding:0 9px;font-size:12px;line-height:20px;background:var(--sunken);color:var(--muted);white-space:nowrap}
.tag.good{background:var(--good-soft);color:var(--good)}
.tag.warn{background:var(--warn-soft);color:var(--warn)}
.tag.bad{background:var(--bad-soft);color:var(--bad)}
.tag.accent{background:var(--accent-soft);color:var(--accent)}
.decisions{list-style:none;margin:0;padding:0}
.decision{border-top:1px solid var(--grid);padding:14px 0;display:grid;grid-template-columns:minmax(0,5fr) minmax(0,6fr);gap:8px 32px}
.decision:first-child{border-top:0;padding-top:2px}
.decision:last-child{padding-bottom:0}
.decision .head{display:flex;flex-wrap:wrap;gap:4px 10px;align-items:center}
.decision .config{font-weight:600;font-variant-numeric:tabular-nums}
.decision .why{margin-top:4px;max-width:90ch;overflow-wrap:anywhere}
.decision .why::first-letter{text-transform:uppercase}
.decision .other{color:var(--muted);margin-top:2px}
.facts{display:grid;grid-template-columns:repeat(4,minmax(0,1fr));gap:8px 14px;margin:0;align-content:start}
.facts dt{color:var(--muted);font-size:12px}
.facts dd{margin:0;font-size:13px;font-variant-numeric:tabular-nums}
.bar{display:block;height:8px;min-width:60px;width:100%}
td .bar{margin-top:7px}
.stacked+.stacked{margin-top:22px}
.stacked h3{margin-bottom:6px}
footer{color:var(--muted);font-size:12.5px;margin-top:18px;max-width:150ch}
footer p+p{margin-top:6px}
@media (max-width:900px){.decision{grid-template-columns:minmax(0,1fr)}}
@media (max-width:640px){.facts{grid-template-columns:repeat(2,minmax(0,1fr))}main{padding:18px 12px 28px}section{padding:14px}}
@media print{body{background:#fff}section,.card{break-inside:avoid}}
`.trim()
