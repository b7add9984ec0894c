// Style and explanation of the report page.
#include "loadgen/report_page.h"

namespace tuma::loadgen {

const std::string_view report_style = R"css(
:root { color-scheme: light dark;
  --paper: #ffffff; --ink: #1c2430; --soft: #5b6675; --rule: #dfe4ea; --panel: #f5f7f9;
  --response: #1f6feb; --service: #0f9d77; --lag: #a3680c; --bad: #c62f3b; --quiet: #8894a3;
  --good-back: #e3f4ec; --good-ink: #0b5e40; --bad-back: #fbe6e7; --bad-ink: #8f1d27; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #12161c; --ink: #e4e9ef; --soft: #9aa6b4; --rule: #2a323d; --panel: #1a2029;
  --response: #6aa5ff; --service: #3fc79c; --lag: #e0a64a; --bad: #ff7b83; --quiet: #78869a;
  --good-back: #12352a; --good-ink: #8be3c0; --bad-back: #43191d; --bad-ink: #ffb3b8; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.5;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans",
  sans-serif; }
main { max-width: 860px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 44px 0 10px; padding-top: 14px;
  border-top: 1px solid var(--rule); }
p { margin: 8px 0; max-width: 70ch; }
.soft { color: var(--soft); }
.verdict { margin: 22px 0; padding: 14px 18px; border-radius: 8px; background: var(--good-back);
  color: var(--good-ink); }
.verdict.invalid { background: var(--bad-back); color: var(--bad-ink); }
.verdict strong { font-size: 1.05rem; }
.verdict ul, .remarks { margin: 6px 0 0; padding-left: 20px; }
.remarks { color: var(--soft); font-size: 0.94rem; }
.headline { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
  margin: 20px 0; }
.headline div { background: var(--panel); border-radius: 8px; padding: 12px 14px; }
.headline dt { color: var(--soft); font-size: 0.85rem; }
.headline dd { margin: 0; font-size: 1.45rem; font-weight: 600; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
.headline small { display: block; font-size: 0.8rem; font-weight: 400; color: var(--soft);
  white-space: normal; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.94rem;
  font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 14px 6px 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; color: var(--soft); }
td.number, th.number { text-align: right; white-space: nowrap; }
tr td:first-child { white-space: nowrap; }
figure { margin: 18px 0 26px; }
figcaption { font-weight: 600; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 2px 0 6px;
  padding: 0; font-size: 0.88rem; color: var(--soft); }
.swatch { display: inline-block; width: 20px; height: 0; border-top: 3px solid; margin-right: 6px;
  vertical-align: middle; }
.swatch.dashed { border-top-style: dashed; }
svg { display: block; width: 100%; height: auto; }
svg text { font-size: 12px; fill: var(--soft); font-family: inherit; }
svg text.label { fill: var(--ink); font-size: 13px; }
svg text.note { font-size: 11px; }
.end { text-anchor: end; } .middle { text-anchor: middle; }
.grid { stroke: var(--rule); stroke-width: 1; } .rim { stroke: var(--soft); stroke-width: 1; }
.shade { fill: var(--panel); }
.line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
.line.dashed { stroke-dasharray: 6 4; }
circle, .bar { fill: currentColor; }
.response { color: var(--response); } .service { color: var(--service); }
.lag { color: var(--lag); } .bad { color: var(--bad); } .quiet { color: var(--quiet); }
dl.words dt { font-weight: 600; margin-top: 10px; } dl.words dd { margin: 0; max-width: 70ch; }
@media print { main { max-width: none; } h2, figure { break-inside: avoid; } }
)css";

const std::string_view report_explanation = R"html(
<dl class="words">
<dt>Three times an operation</dt>
<dd>Each operation has a time at which it was meant to be sent, fixed before the run; a time at
which it was sent; and a time at which its answer came. <b>Response</b> runs from the first to the
last and is what a customer feels. <b>Service</b> runs from sent to answered and is what the server
took. <b>Send lag</b> is the difference, the wait before sending.</dd>
<dt>Open and closed loop</dt>
<dd>In an open loop operations come when they are due, whether or not the server keeps up, as
customers do. In a closed loop the next one waits for an answer, so that a stalled server is asked
less and its stall hardly shows. Take throughput limits from a closed loop and latencies from an
open one.</dd>
<dt>Percentiles</dt>
<dd>A p99 of 20 ms says that 99 of 100 operations took 20 ms or less. The first chart spreads the
tail: every step to the right of 90 % leaves a tenth as many operations. Errors and timeouts are in
these numbers with the time that was spent on them.</dd>
<dt>Counts</dt>
<dd>scheduled = sent + skipped, and sent = ok + refused + errors + timeouts. A refusal is an answer:
the switch decided, and decided no. An error or timeout is the lack of one.</dd>
<dt>Callbacks</dt>
<dd>Over HTTP a merchant is told of a payment by a request to its own address. <b>Callback</b> runs
from the time at which the payment's request was meant to be sent to that; <b>after the reply</b>
from the request's reply, and is 0 where the callback came first. What had not come at the end is
lost and has no latency.</dd>
<dt>Attained</dt>
<dd>Answers, yes or no, a second of measured time. The warm-up is in none of the
generator's numbers, only drawn.</dd>
<dt>Calibration</dt>
<dd>What the machine did by itself while this ran. A durable answer cannot come before its fsync,
and the generator cannot see anything finer than its timer. Compare runs of one machine and one
hour, several of each and taken in turns; <code>tuma-load compare</code> does the arithmetic.</dd>
<dt>Other files</dt>
<dd><code>report.json</code> holds every number here, <code>timeline.csv</code> the seconds, and
<code>latency.hlog</code> the histograms for any tool that reads HdrHistogram logs (values in
microseconds, at most 0.1 % off).</dd>
</dl>
)html";

}  // namespace tuma::loadgen
