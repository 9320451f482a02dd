// Functions that all views share. Only this module puts text into the page, as text nodes and never as HTML.
import { later } from './visible.js';

const hidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

// visible replaces characters that are invisible, or that reorder others, with their codes.
export const visible = text =>
  String(text).replace(hidden, c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));

// h makes an element of optional properties and children. Properties that start with "on" are listeners; children are
// elements, text, null, or lists of them.
export function h(tag, ...content) { return fill(document.createElement(tag), content); }

// s is h for SVG.
export function s(tag, ...content) { return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), content); }

const none = value => value === undefined || value === null || value === false;

function fill(element, content) {
  const props = content[0]?.constructor === Object ? content.shift() : {};
  for (const [name, value] of Object.entries(props)) {
    if (none(value)) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : visible(value));
  }
  add(element, content);
  return element;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (none(child)) continue;
    if (child instanceof Node) element.append(child);
    else element.append(...element.matches('.data, code, pre, mark, h1, th') ? pieces(visible(child)) : [visible(child)]);
  }
}

// pieces splits a name where a line may break: after a separator; in a long part, at a sign, before a capital letter, or
// else anywhere.
function pieces(text) {
  const all = text.match(/[^#@:;,=&?_\s/-]*[#@:;,=&?_\s/-]*/g)
    .flatMap(piece => piece.length > 16 ? piece.match(/[A-Z]*[^A-Z\W]*\W*/gu) : piece)
    .flatMap(piece => piece.match(/.{1,16}/gsu) ?? []);
  return all.flatMap((piece, i) => i > 0 ? [document.createElement('wbr'), piece] : [piece]);
}

// put replaces an element's content.
export function put(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

// say makes screen readers read a text.
export function say(text) { put(document.getElementById('say'), text); }

// Exact is a number in its original text: a JavaScript number would lose digits.
export class Exact {
  constructor(source) { this.source = source; }
}
const exact = (_, value, context) => typeof value === 'number' && context?.source && String(value) !== context.source
  ? new Exact(context.source) : value;

// ask requests JSON. It throws the error of the answer.
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

// ago returns how long ago a time was, or its date if it is older than a month.
function ago(d) {
  const seconds = Math.round((Date.now() - d) / 1000), past = Math.abs(seconds);
  const [n, unit] = past < 60 ? [past, 's'] : past < 3600 ? [Math.floor(past / 60), 'min']
    : past < 86_400 ? [Math.floor(past / 3600), 'h'] : [Math.floor(past / 86_400), past < 172_800 ? 'day' : 'days'];
  if (past < 2) return 'now';
  if (past >= 30 * 86_400) return `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}`;
  return seconds > 0 ? `${n} ${unit} ago` : `in ${n} ${unit}`;
}

// time shows how long ago a time was. The time itself is in the title, and is read by screen readers.
export function time(text) {
  if (isNaN(new Date(text))) return h('span', text);
  return h('time', { datetime: text, title: text },
    h('span', { 'aria-hidden': 'true' }, ago(new Date(text))), h('span', { class: 'hidden' }, text));
}

// instant shows a time, and how long ago it was.
export const instant = text => [h('span', { class: 'instant' }, text), ' ', time(text)];

// Updates how long ago the times were.
const tick = () => {
  for (const t of document.querySelectorAll('time')) put(t.firstChild, ago(new Date(t.dateTime)));
  later(tick, 5000);
};
tick();

// span shows milliseconds. No line breaks between a number and its unit.
export function span(ms) {
  if (none(ms)) return '–';
  const a = Math.abs(ms);
  if (a < 10) return ms.toFixed(1) + '\u00a0ms';
  if (a < 1000) return Math.round(ms) + '\u00a0ms';
  if (a < 60_000) return (ms / 1000).toFixed(a < 10_000 ? 1 : 0) + '\u00a0s';
  if (a < 3_600_000) return Math.round(ms / 60_000) + '\u00a0min';
  return (ms / 3_600_000).toFixed(1) + '\u00a0h';
}

// micros returns a time in milliseconds, with its microseconds: Date drops them.
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

// loading is shown while a request runs, after 200 ms: most are faster.
export const loading = () => h('p', { class: 'faint loading', role: 'status' }, 'Loading …');

export const failed = error => h('p', { class: 'bad', role: 'alert' }, error.message);

// repeat shows what load returns, every ten seconds, but not while the focus is in the element: it would be lost. It
// returns a function that repeats it after a time.
export function repeat(out, load, signal) {
  let off;
  const calm = () => out.contains(document.activeElement) ? again(5000, calm) : act();
  const again = (ms, next) => { off?.(); off = later(next ?? act, ms, signal); };
  async function act() {
    try {
      put(out, await load());
      again(10_000, calm);
    } catch (e) {
      if (!signal.aborted) put(out, failed(e));
    }
  }
  act();
  return again;
}

// confirm asks before it acts. more is a field that the dialog has, and check returns what is wrong with its value.
export function confirm(title, text, verb, act, more, check) {
  const error = h('div');
  const box = h('dialog', { 'aria-labelledby': 'sure', onclose: () => box.remove() },
    h('h2', { id: 'sure' }, title), h('p', text),
    h('form', {
      onsubmit: async e => {
        e.preventDefault();
        const wrong = check?.();
        if (wrong) return put(error, failed({ message: wrong }));
        try {
          await act();
          box.close();
        } catch (e) { put(error, failed(e)); }
      },
    }, more, error,
    h('p', { class: 'bar' }, h('button', { class: 'strong' }, verb),
      h('button', { type: 'button', autofocus: !more, onclick: () => box.close() }, 'Back'))));
  document.body.append(box);
  box.showModal();
}

export const data = text => h('span', { class: 'data' }, text);
export const field = props => h('input', { type: 'search', spellcheck: 'false', autocomplete: 'off', ...props });
export const columns = names => h('thead', h('tr', names.map(t => h('th', { scope: 'col' }, t))));
export const readOnly = (about, to) => !about.write && faint(`This console is read-only: start it with --write to ${to}.`);
export const faint = (...content) => h('p', { class: 'faint' }, ...content);

// tag is a status. Its color only repeats its text.
export const tag = (text, kind) => h('span', { class: 'tag ' + (kind ?? '') }, text);
