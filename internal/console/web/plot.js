// Small plots of the values of each second, the newest at the right.
import { s } from './dom.js';

const width = 600, each = width / 180; // seconds

// bars draws values. label describes them in words.
export function bars(values, { height = 60, label }) {
  const top = Math.max(1, ...values);
  return plot('bars', '', height, label, values, v => v > 0 &&
    `${height}v${(-Math.max(v / top * (height - 2), 1)).toFixed(1)}h${(each - 0.6).toFixed(1)}V${height}z`);
}

// dots draws values. undefined leaves a gap.
export function dots(values, { height = 60, label, kind }) {
  const top = Math.max(10, ...values.map(v => v ?? 0));
  return plot('dots', kind, height, label, values, v => v !== undefined &&
    `${(height - 2 - v / top * (height - 4)).toFixed(1)}h${(each - 0.4).toFixed(1)}`);
}

function plot(mark, kind, height, label, values, draw) {
  const begin = width - values.length * each;
  const d = values.map((v, i) => draw(v) ? `M${(begin + i * each).toFixed(1)} ${draw(v)}` : '').join('');
  return s('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label, class: 'plot ' + kind },
    s('path', { d: `M0 ${height - 0.5}H${width}`, class: 'axis' }), s('path', { d, class: mark }));
}
