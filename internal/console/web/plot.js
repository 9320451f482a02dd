// Small plots of the values of each second.
import { s } from './dom.js';

const width = 600;

// bars draws values, the newest at the right. label describes them in words.
export function bars(values, { height = 60, label, kind = '', slots = 180, least = 1 } = {}) {
  const top = Math.max(least, ...values);
  const each = width / slots;
  const begin = width - values.length * each;
  const d = values.map((v, i) => v > 0
    ? `M${(begin + i * each).toFixed(1)} ${height}v${(-Math.max(v / top * (height - 2), 1)).toFixed(1)}h${Math.max(each - 0.6, 0.6).toFixed(1)}V${height}z` : '').join('');
  return s('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label, class: 'plot ' + kind },
    s('path', { d: `M0 ${height - 0.5}H${width}`, class: 'axis' }), s('path', { d, class: 'bars' }));
}

// dots draws values. undefined leaves a gap.
export function dots(values, { height = 60, label, kind = '', slots = 180, least = 10 } = {}) {
  const top = Math.max(least, ...values.map(v => v ?? 0));
  const each = width / slots;
  const begin = width - values.length * each;
  const d = values.map((v, i) => v === undefined ? ''
    : `M${(begin + i * each).toFixed(1)} ${(height - 2 - v / top * (height - 4)).toFixed(1)}h${Math.max(each - 0.4, 1).toFixed(1)}`).join('');
  return s('svg', { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label, class: 'plot ' + kind },
    s('path', { d: `M0 ${height - 0.5}H${width}`, class: 'axis' }), s('path', { d, class: 'dots' }));
}
