// What all views share. Text becomes text nodes, here alone; nothing here or elsewhere makes HTML of text.

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
    element.append(child instanceof Node ? child : visible(child));
  }
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
  if (!response.ok) throw new Error(body.error ?? response.statusText);
  return body;
}

export const order = (path, body) =>
  ask(path, null, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

const pad = (n, digits = 2) => String(n).padStart(digits, '0');

// time shows an instant in the time of this machine, and exactly in its title.
export function time(text) {
  const d = new Date(text);
  if (isNaN(d)) return h('span', null, text);
  const clock = `${pad(d.getHours())}:${pad(d.getMinutes())}:${pad(d.getSeconds())}.${pad(d.getMilliseconds(), 3)}`;
  const today = d.toDateString() === new Date().toDateString();
  const day = today ? '' : `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())} `;
  return h('time', { datetime: text, title: text }, day + clock);
}

// span shows milliseconds.
export function span(ms) {
  if (ms === null || ms === undefined) return '–';
  const a = Math.abs(ms);
  if (a < 10) return ms.toFixed(1) + ' ms';
  if (a < 1000) return Math.round(ms) + ' ms';
  if (a < 60_000) return (ms / 1000).toFixed(a < 10_000 ? 1 : 0) + ' s';
  if (a < 3_600_000) return Math.round(ms / 60_000) + ' min';
  return (ms / 3_600_000).toFixed(1) + ' h';
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

export const failed = error => h('p', { class: 'bad', role: 'alert' }, error.message);

// tag is a status: its text says it, its colour helps.
export const tag = (text, kind) => h('span', { class: 'tag ' + (kind ?? '') }, text);
