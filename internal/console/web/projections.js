// All projections: lag, throughput, generations, rebuilds.
import { h, put, ask, order, heading, loading, time, span, failed, tag, say, confirm, faint } from './dom.js';
import { live, lags, waiting, quantile } from './feed.js';
import { bars } from './plot.js';
import { later } from './visible.js';

export function projections(_, { signal, about }) {
  const table = h('tbody');
  const error = h('div', loading());
  const rows = new Map();
  let off;

  async function load() {
    off?.();
    try {
      const all = await ask('api/projections', null, { signal });
      put(error);
      for (const p of all) {
        if (!rows.has(p.projection)) {
          rows.set(p.projection, make(p.projection, p.rebuilds));
          table.append(rows.get(p.projection).tr);
        }
        rows.get(p.projection).take(p);
      }
      off = later(load, all.some(busy) ? 700 : 3000, signal);
    } catch (e) {
      if (signal.aborted) return;
      put(error, failed(e));
      off = later(load, 3000, signal);
    }
  }

  function make(name, rebuilds) {
    const cell = label => h('td', { 'data-label': label, role: 'cell' });
    const generation = cell('Generation'), lag = cell('Lag'), rate = cell('Events a second'), parked = cell('Parked'), rebuild = cell('Rebuild');
    const button = about.write && rebuilds && h('button', { 'aria-label': 'Rebuild ' + name, onclick: () => button.getAttribute('aria-disabled') !== 'true' && rebuilding(name, load) }, 'Rebuild');
    const progress = h('div');
    rebuild.append(progress, ...(button ? [button] : []));
    const tr = h('tr', { role: 'row' }, h('th', { scope: 'row', role: 'rowheader' }, name), generation, lag, rate, parked, rebuild);
    let ended, store;
    return {
      tr,
      take(p) {
        const serving = p.generations.find(g => g.status === 'serving');
        put(generation, p.unregistered ? 'not started' : serving ? [h('strong', serving.generation), ` fold ${serving.fold}`, small('faint', 'since ', time(serving.since))] : 'none yet',
          p.generations.filter(g => g !== serving).map(g => small('faint', `${g.generation} ${g.status}`)),
          (store = p.store) && small('faint', store),
          p.outage && small('bad data', 'away since ', time(p.outage.since), ': ' + p.outage.reason));
        const n = Math.max(0, ...p.generations.map(g => g.parked));
        put(parked, p.unread ? [tag('not known', 'late'), small('bad data', p.unread)] : n ? h('a', { href: '#/parked' }, tag(n + ' parked', 'bad')) : '0');
        const next = p.generations.find(building), done = next?.rebuild;
        put(progress, next && [
          done && h('progress', { max: done.segments || 1, value: done.done, 'aria-label': `Segments ${done.doing}` }),
          small('', done ? `${done.done} of ${done.segments} segments ${done.doing}` : 'about to serve'),
          next.failure && small('bad data', next.failure)],
          p.rebuild && outcome(p.rebuild));
        // A disabled button would lose the focus that the dialog returns.
        if (button) button.setAttribute('aria-disabled', String(Boolean(p.rebuild && !p.rebuild.ended)));
        if (p.rebuild?.ended && ended === null) say(p.rebuild.error ? `${name}: ${p.rebuild.error}` : `${name} was rebuilt`);
        ended = p.rebuild ? p.rebuild.ended ?? null : undefined;
        this.beat();
      },
      beat() {
        if (store) return put(lag, 'not measured');
        const found = lags(name), oldest = waiting(name);
        const median = quantile(found, 0.5);
        put(lag, oldest > 2000 ? [tag(span(oldest), 'late'), small('', 'and growing')]
          : median === undefined ? h('span', { class: 'faint' }, 'no new events')
          : [h('strong', span(median)), small('faint', `worst ${span(found.at(-1))} of ${found.length}`)]);
        const events = live.pulses.map(p => p.projections[name]?.events ?? 0);
        const most = `${events.at(-1) ?? 0} now, ${Math.max(0, ...events)} at most`;
        put(rate, bars(events, { height: 32, label: `${name}: events a second, ${most}` }), small('faint', most));
      },
    };
  }

  live.addEventListener('pulse', () => { for (const r of rows.values()) r.beat(); }, { signal });
  load();
  const columns = ['Projection', 'Generation', 'Lag, last minute', 'Events a second to apply, last 3 minutes', 'Parked', 'Rebuild'];
  return [heading('Projections'), error,
    h('table', { class: 'wide', role: 'table' }, h('thead', { role: 'rowgroup' }, h('tr', { role: 'row' }, columns.map(t => h('th', { scope: 'col', role: 'columnheader' }, t)))), table),
    faint('Lag is the time from the recording of a commit to that of the checkpoint, of a sample: the newest commits of some streams each second.')];
}

const small = (kind, ...text) => h('small', { class: 'block ' + kind }, ...text);
const building = g => g.status === 'building';
const busy = p => p.generations.some(building) || p.rebuild && !p.rebuild.ended;

function outcome(r) {
  const read = r.events ? `${r.events} events ` : '';
  if (!r.ended) return read && small('', read + 'read');
  return r.error ? small('bad data', r.error)
    : small('', tag('rebuilt', 'good'), ` ${read}in ${span(Date.parse(r.ended) - Date.parse(r.since))}`);
}

function rebuilding(name, then) {
  confirm(`Rebuild ${name}?`, 'All its events are read into a new generation, which is compared with the events and then serves. Queries are served during the rebuild. It continues if this page is closed.',
    'Rebuild', async () => {
      await order('api/rebuild', { projection: name });
      say('The rebuild of ' + name + ' has started');
      then();
    });
}
