/**
 * How the sheets look on paper and on the screen, in light and dark; paper is always light.
 */
import { LIGHT_STYLE, MAP_STYLE } from './svg-style.js';

const SANS = 'Helvetica,Arial,"Liberation Sans",sans-serif';
const MONO = 'ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono","Liberation Mono",Consolas,monospace';

const page = [
  '@page{size:landscape;margin:10mm}',
  `body{margin:0;font:8pt/1.3 ${SANS};--ink:#0f172a;--quiet:#475569;--rule:#cbd5e1;--paper:#fff;--desk:#e2e8f0;background:var(--desk);color:var(--ink)}`,
  '.sheet{box-sizing:border-box;position:relative;width:259mm;height:188mm;overflow:hidden;background:var(--paper)}',
  'header{height:21mm;overflow:hidden}.state+.state{margin-top:6mm}h2{font-size:15pt;line-height:1.2;margin:0}h2 small{font-size:9pt;font-weight:400;color:var(--quiet)}',
  'header p{margin:1mm 0 1.5mm;color:var(--quiet)}nav{display:flex;gap:2mm;flex-wrap:wrap}',
  'nav>*{border:.25mm solid var(--rule);border-radius:2mm;padding:.3mm 2mm;color:inherit;text-decoration:none;font-size:7.5pt}',
  'figure{margin:0 0 4mm}figure svg{display:block;max-width:100%}.map{display:flex;justify-content:center}.map svg{width:auto;height:178mm}',
  '.ways{columns:3;column-gap:8mm;font-size:7.5pt;line-height:1.35}.ways code{font-size:7pt}.ways code:not(.guard){font-weight:700}.ways li>span{display:block}.ways section{break-inside:avoid;margin-bottom:4mm}h3{font-size:9pt;margin:0 0 1mm}',
  `ul{list-style:none;margin:0;padding:0}li{margin:0 0 1.4mm;padding:0 0 1.4mm;border-bottom:.15mm solid var(--rule)}li a,.plain a{color:inherit;text-decoration:none}code{font-family:${MONO};letter-spacing:-.02em}`,
  '.key{display:grid;grid-template-columns:1fr 1fr;gap:10mm}.key h3{margin-top:4mm}.key div>h3:first-child{margin-top:0}.key p{margin:0;line-height:1.4}.whole{white-space:nowrap}table.plain{width:100%;table-layout:auto}table.plain{font-size:8pt;line-height:1.3;overflow-wrap:normal}table.plain td,table.plain th{overflow-wrap:normal}table.plain td{font-family:inherit!important;font-weight:inherit!important;letter-spacing:0!important}',
  '.sign{position:absolute;left:0;right:0;bottom:9mm;display:grid;grid-template-columns:2fr 1fr 2fr;gap:8mm;color:var(--quiet)}.sign span{border-top:.25mm solid var(--quiet);padding-top:1mm}',
  'header.low{height:13mm}.overview>div{display:flex;gap:1.8mm;margin-bottom:2.5mm}.overview section{flex:none}.overview h3{font-size:7pt;line-height:3.4mm;margin:0}.overview h3 small{font-size:7pt;font-weight:400;color:var(--quiet)}.overview p{margin:0;font-size:7pt;line-height:3.4mm;color:var(--quiet)}.overview a{color:inherit;text-decoration:none}.overview svg{display:block;max-width:100%}',
  `table{border-collapse:collapse;table-layout:fixed;width:259mm;font-size:7pt;line-height:3.2mm}td,th{padding:.5mm 1mm .5mm 0;text-align:left;vertical-align:top;overflow-wrap:anywhere}`,
  `th{font-weight:700;color:var(--quiet);border-bottom:.3mm solid var(--quiet)}td{border-bottom:.15mm solid var(--rule)}`,
  `td:nth-child(2),td:nth-child(3),td:nth-child(5){font-family:${MONO};letter-spacing:-.02em}td:nth-child(4){font-weight:700}`,
  'footer{position:absolute;bottom:0;left:0;right:0;display:flex;justify-content:space-between;font-size:7.5pt;color:var(--quiet)}',
].join('');

const screen =
  '@media screen{.sheet{margin:8mm auto;padding:10mm;width:279mm;height:208mm;box-shadow:0 1px 6px #0003;border-radius:2mm}footer{bottom:4mm;left:10mm;right:10mm}.sign{left:10mm;right:10mm;bottom:14mm}}';

const dark =
  '@media screen and (prefers-color-scheme:dark){body{--ink:#f1f5f9;--quiet:#b6c2d2;--rule:#3a475a;--paper:#0d1420;--desk:#060a11}}';

const print = `@media print{body{background:none}.sheet{break-after:page;margin-inline:auto}.sheet:last-child{break-after:auto}${LIGHT_STYLE}}`;

export const SHEETS_STYLE = `${MAP_STYLE}${page}${screen}${dark}${print}`;
