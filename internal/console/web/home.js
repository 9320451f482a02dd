// The first view: figures, and commits as they are stored.
import { h, put, say, heading, time, span, streamLink, followLink, field } from './dom.js';
import { live, recent, lately, lags, waiting, quantile } from './feed.js';
import { bars, dots } from './plot.js';

const shown = 100;

export function home(_, { signal, about }) {
  let paused = null; // the commits as they were
  let only = '';
  const figures = h('dl', { class: 'figures' });
  const rate = h('figure'), lag = h('figure');
  const list = h('ol', { class: 'feed', role: 'log', 'aria-live': 'polite', 'aria-relevant': 'additions', 'aria-label': 'Commits, newest first' });
  const count = h('span', { class: 'faint' });
  const button = h('button', { 'aria-pressed': 'false', onclick: toggle }, 'Pause');
  const filter = field({
    id: 'only', placeholder: 'Type#, a type of event, an actor',
    oninput: () => { only = filter.value.trim().toLowerCase(); drawn = new Set(); list.replaceChildren(); feed(); },
  });
  let drawn = new Set(), latest = 0;

  function toggle() {
    paused = paused ? null : [...live.commits];
    button.setAttribute('aria-pressed', String(Boolean(paused)));
    put(button, paused ? 'Resume' : 'Pause');
    say(paused ? 'The list is paused' : 'The list is running');
    feed();
  }

  function feed() {
    const all = paused ?? live.commits;
    const wanted = all.filter(c => !only || text(c).includes(only)).slice(0, shown);
    const fresh = wanted.filter(c => !drawn.has(key(c)));
    // Of many commits at once, a screen reader reads only the number.
    list.setAttribute('aria-live', fresh.length > 3 ? 'off' : 'polite');
    // Commits from before the page opened are not fresh.
    const arrives = live.opened && list.children.length > 0;
    list.prepend(...fresh.map(c => { const li = line(c); if (arrives) li.classList.add('fresh'); return li; }));
    for (const c of fresh) drawn.add(key(c));
    while (list.children.length > shown) list.lastChild.remove();
    if (drawn.size > 5 * shown) drawn = new Set(wanted.map(key));
    const since = paused ? live.commits.findIndex(c => key(c) === key(paused[0] ?? {})) : 0;
    put(count, paused ? `${since < 0 ? live.commits.length : since} new since` : '');
    empty.hidden = wanted.length > 0;
    put(empty, only ? 'None of the latest commits matches.'
      : live.opened ? 'Commits appear here when they are stored.' : 'Searching for the newest commits …');
    gap.hidden = live.opened?.complete ?? true;
    if (!gap.hidden) put(gap, 'The list begins at ', time(live.opened.at.toISOString()),
      ': the event table’s stream has too many records to find earlier commits. Use Search for those.');
    if (fresh.length > 3 && Date.now() - latest > 10_000) {
      latest = Date.now();
      say(`${fresh.length} commits, the latest in ${fresh[0].stream}`);
    }
  }
  const empty = h('p', { class: 'faint' }), gap = h('p', { class: 'faint' });

  function beat() {
    const all = lags();
    const worst = quantile(all, 0.99), oldest = waiting();
    const counted = recent().some(p => p.requests);
    const refused = lately(p => sum(p.requests, 'throttled'));
    const figure = (name, value, note = 'in a minute', kind) => h('div', { class: kind }, h('dt', name), h('dd', value, note && h('small', note)));
    put(figures,
      figure('Commits', lately(p => p.commits)),
      figure('Events', lately(p => p.events)),
      counted && figure('Requests', lately(p => sum(p.requests, 'invocations'))),
      counted && figure('Refused', refused, 'throttled', refused && 'late'),
      recent().some(p => p.units) && [
        figure('Read units', units('read')), figure('Write units', units('write'))],
      figure('Lag', oldest > (worst ?? 0) ? span(oldest) : span(worst), oldest > 2000 ? 'and growing' : all.length ? `p99 of ${all.length}` : 'no new events', oldest > 2000 && 'late'));
    const events = live.pulses.map(p => p.events);
    const most = ` ${events.at(-1) ?? 0} now, ${Math.max(0, ...events)} at most`;
    put(rate, h('figcaption', h('strong', 'Events a second'), most),
      bars(events, { label: `Events a second over the last ${live.pulses.length} seconds:${most}` }));
    const slowest = live.pulses.map(p => {
      const found = Object.values(p.projections).flatMap(e => [...(e.lags ?? []), e.oldest ?? []].flat());
      return found.length ? Math.max(...found) : undefined;
    });
    const top = Math.max(0, ...slowest.filter(v => v !== undefined));
    put(lag, h('figcaption', h('strong', 'Slowest projection'), ` ${span(top)} at most`),
      dots(slowest, { kind: 'second', label: `Lag of the slowest projection over the last ${live.pulses.length} seconds: ${span(top)} at most` }));
  }

  for (const name of ['commit', 'opened']) live.addEventListener(name, soon(feed, signal), { signal });
  live.addEventListener('history', () => { drawn = new Set(); list.replaceChildren(); feed(); beat(); }, { signal });
  live.addEventListener('pulse', beat, { signal });
  feed();
  beat();
  return [heading('Live'), figures, h('div', { class: 'plots' }, rate, lag),
    h('section', { 'aria-labelledby': 'commits' },
      h('div', { class: 'bar' }, h('h2', { id: 'commits' }, 'Commits'), button, count,
        h('label', { for: 'only' }, 'Filter'), filter),
      empty, list, gap)];
}

const units = what => Math.round(lately(p => p.units?.[what] ?? 0)).toLocaleString();
const sum = (counts, what) => Object.values(counts ?? {}).reduce((n, c) => n + c[what], 0);
const key = c => c.stream + '@' + c.version;
const text = c => [c.stream, c.metadata?.actor, c.metadata?.correlationId, ...c.events.map(e => e.type)].join(' ').toLowerCase();

// soon calls act once for many calls, at most four times a second.
function soon(act, signal) {
  let timer;
  signal.addEventListener('abort', () => clearTimeout(timer));
  return () => { timer ??= setTimeout(() => { timer = undefined; act(); }, 250); };
}

// line is a commit in a list.
export function line(c) {
  const versions = c.lastVersion > c.version ? `${c.version}–${c.lastVersion}` : c.version;
  return h('li',
    time(c.at), ' ', streamLink(c.stream, c.lastVersion), ' ', h('span', { class: 'version' }, '@' + versions), ' ',
    h('span', { class: 'types data' }, c.events.map(e => e.type).join(', ')), ' ',
    c.metadata?.actor && h('span', { class: 'faint data' }, 'by ' + c.metadata.actor), ' ',
    followLink(c.metadata?.correlationId, 'follow', `${c.stream}@${c.lastVersion}`));
}
