// Shows JSON with the changes marked.
import { h, Exact } from './dom.js';

const escaped = key => key.replaceAll('~', '~0').replaceAll('/', '~1');

// json returns a block that shows a value. changed has the JSON Pointers of the changes.
export function json(value, changed = []) {
  const marks = new Set(changed);
  const lines = [];
  write(lines, value, '', '', 0, marks, '');
  return h('pre', { class: 'json', tabindex: '0' }, lines);
}

function write(lines, value, path, label, depth, marks, comma) {
  const line = text => {
    const indented = '  '.repeat(depth) + label + text;
    lines.push(marks.has(path) ? h('mark', indented) : indented, '\n');
  };
  const list = Array.isArray(value);
  if (value === null || typeof value !== 'object' || value instanceof Exact) {
    return line((value instanceof Exact ? value.source : JSON.stringify(value)) + comma);
  }
  const entries = list ? value.map((v, i) => [String(i), v]) : Object.entries(value);
  const [open, close] = list ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0) return line(open + close + comma);
  line(open);
  entries.forEach(([key, v], i) => {
    const at = path + '/' + escaped(key);
    // All members of a new value are marked.
    if (marks.has(path)) marks.add(at);
    write(lines, v, at, list ? '' : JSON.stringify(key) + ': ', depth + 1, marks, i < entries.length - 1 ? ',' : '');
  });
  label = '';
  line(close + comma);
}

// short shows a value in one line.
export function short(value) {
  if (value === undefined) return h('span', { class: 'faint' }, 'nothing');
  // Members are separated by spaces, where a line may break.
  const text = JSON.stringify(value, (_, v) => v instanceof Exact ? v.source : v, 1).replace(/\n\s*/g, ' ');
  return h('code', text.length > 200 ? text.slice(0, 200) + '…' : text);
}
