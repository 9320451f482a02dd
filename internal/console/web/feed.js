// The connection for live events, and the latest of them.
import { put } from './dom.js';
import { whileVisible } from './visible.js';

const seconds = 180, kept = 200;

export const live = new EventTarget();
live.pulses = [];   // the last seconds
live.commits = [];  // the newest first
live.missed = 0;
live.opened = null; // whether the newest commits were found, null while the search runs

// connect listens while the page is visible. The console reads nothing for other pages.
export const connect = () => whileVisible(listen);

function listen() {
  const source = new EventSource('api/live');
  const on = (name, take) => source.addEventListener(name, e => {
    take(JSON.parse(e.data));
    live.dispatchEvent(new CustomEvent(name));
  });
  on('history', all => { live.pulses = all.slice(-seconds); live.commits = []; live.opened = null; trouble(''); });
  on('pulse', p => { live.pulses.push(p); live.pulses.splice(0, live.pulses.length - seconds); });
  on('commit', c => { live.commits.unshift(c); live.commits.length = Math.min(live.commits.length, kept); });
  on('opened', o => { live.opened = { complete: o.complete, at: new Date() }; });
  on('missed', m => { live.missed += m.messages; });
  on('trouble', t => trouble(t.error ? 'New commits can\u2019t be read. Trying again: ' + t.error : ''));
  source.onerror = () => trouble('The connection to the console is lost. Trying again; the page may be out of date.');
  source.onopen = () => trouble('');
  return () => source.close();
}

function trouble(text) {
  const line = document.getElementById('trouble');
  if (line.hidden !== !text || line.textContent !== text) put(line, text).hidden = !text;
}

// recent returns the pulses of the last minute, and lately the sum of a value over them.
export const recent = () => live.pulses.slice(-60);
export const lately = of => recent().reduce((sum, p) => sum + of(p), 0);

// lags returns the lags of a projection, or of all, in the last minute, sorted, in milliseconds.
export function lags(name) {
  return recent().flatMap(p =>
    Object.entries(p.projections).filter(([k]) => !name || k === name).flatMap(([, e]) => e.lags ?? [])).sort((a, b) => a - b);
}

// waiting returns the age of the oldest commit of the sample that is not applied, in milliseconds, 0 if there is none.
export function waiting(name) {
  const now = live.pulses.at(-1);
  return Math.max(0, ...Object.entries(now?.projections ?? {}).filter(([k]) => !name || k === name).map(([, e]) => e.oldest ?? 0));
}

export const quantile = (sorted, q) => sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] : undefined;
