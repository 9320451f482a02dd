// What all views share. Text becomes text nodes, here alone; nothing here or elsewhere makes HTML of text.
import { later } from './visible.js';

const hidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

// visible shows characters that can't be seen, or that reorder what can, by their codes.
export const visible = text =>
  String(text).replace(hidden, c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));

// h makes an element. Properties that start with "on" are listeners; children are elements, text, null, or lists of them.
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

// s is h for SVG.
export function s(tag, props, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), props, children);
}

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : visible(value));
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false) continue;
    if (child instanceof Node) element.append(child);
    else element.append(...element.matches('.data, code, pre, mark, h1, th') ? pieces(visible(child)) : [visible(child)]);
  }
}

// pieces are a name with the places where a line may end: behind a separator, not within a word. What goes on for long without
// one may end at a sign or before a capital, and at last anywhere.
function pieces(text) {
  const all = text.match(/[^#@:;,=&?_\s/-]*[#@:;,=&?_\s/-]*/g)
    .flatMap(piece => piece.length > 16 ? piece.match(/[A-Z]*[^A-Z\W]*\W*/gu) : piece)
    .flatMap(piece => piece.match(/.{1,16}/gsu) ?? []);
  return all.flatMap((piece, i) => i > 0 ? [document.createElement('wbr'), piece] : [piece]);
}

// put replaces what is in an element.
export function put(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

// say tells screen readers.
export function say(text) { put(document.getElementById('say'), text); }

// Exact is a number as it was written: JavaScript's own would lose digits.
export class Exact {
  constructor(source) { this.source = source; }
}
const exact = (_, value, context) => typeof value === 'number' && context?.source && String(value) !== context.source
  ? new Exact(context.source) : value;

// ask gets JSON, or throws what the answer says is wrong.
export async function ask(path, query, options) {
  const url = path + (query ? '?' + new URLSearchParams(query) : '');
  const response = await fetch(url, options);
  const text = await response.text();
  let body;
  try { body = JSON.parse(text, exact); } catch { throw new Error(text.slice(0, 300) || response.statusText); }
  if (!response.ok) throw Object.assign(new Error(body.error ?? response.statusText), { status: response.status });
  return body;
}

export const order = (path, body) =>
  ask(path, null, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

const pad = n => String(n).padStart(2, '0');

// ago says how long ago an instant was; what is older than a month has its date.
function ago(d) {
  const seconds = Math.round((Date.now() - d) / 1000), past = Math.abs(seconds);
  const [n, unit] = past < 60 ? [past, 's'] : past < 3600 ? [Math.floor(past / 60), 'min']
    : past < 86_400 ? [Math.floor(past / 3600), 'h'] : [Math.floor(past / 86_400), past < 172_800 ? 'day' : 'days'];
  if (past < 2) return 'now';
  if (past >= 30 * 86_400) return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
  return seconds > 0 ? `${n} ${unit} ago` : `in ${n} ${unit}`;
}

// time shows how long ago an instant was, and the instant itself in its title, and to who listens.
export function time(text) {
  if (isNaN(new Date(text))) return h('span', null, text);
  return h('time', { datetime: text, title: text },
    h('span', { 'aria-hidden': 'true' }, ago(new Date(text))), h('span', { class: 'hidden' }, text));
}

// instant shows an instant, and how long ago it was.
export const instant = text => [h('span', { class: 'instant' }, text), ' ', time(text)];

// What is said to be a minute ago does not stay so.
const tick = () => {
  for (const t of document.querySelectorAll('time')) put(t.firstChild, ago(new Date(t.dateTime)));
  later(tick, 5000);
};
tick();

// span shows milliseconds. No line ends between a number and its unit.
export function span(ms) {
  if (ms === null || ms === undefined) return '–';
  const a = Math.abs(ms);
  if (a < 10) return ms.toFixed(1) + '\u00a0ms';
  if (a < 1000) return Math.round(ms) + '\u00a0ms';
  if (a < 60_000) return (ms / 1000).toFixed(a < 10_000 ? 1 : 0) + '\u00a0s';
  if (a < 3_600_000) return Math.round(ms / 60_000) + '\u00a0min';
  return (ms / 3_600_000).toFixed(1) + '\u00a0h';
}

// micros is an instant in milliseconds, with microseconds: Date drops them.
export function micros(text) {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  const whole = Date.parse(text.replace(/\.\d+/, ''));
  return whole + Number('0.' + (fraction || '0')) * 1000;
}

export const streamLink = (stream, version, label) =>
  h('a', { href: '#/stream/' + encodeURIComponent(stream) + (version ? '@' + version : ''), class: 'data' }, label ?? stream);

export const followLink = (id, label, from) => id
  ? h('a', { href: '#/follow/' + encodeURIComponent(id) + (from ? '?from=' + encodeURIComponent(from) : ''), class: 'data' }, label ?? id)
  : null;

export const heading = text => h('h1', { tabindex: '-1' }, text);

// loading stands where an answer is waited for. It shows after 200 ms: most answers are faster.
export const loading = () => h('p', { class: 'faint loading', role: 'status' }, 'Loading …');

export const failed = error => h('p', { class: 'bad', role: 'alert' }, error.message);

// tag is a status: its text says it, its colour helps.
export const tag = (text, kind) => h('span', { class: 'tag ' + (kind ?? '') }, text);
