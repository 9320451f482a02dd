// The read models and reactions that read a stream, and the progress of each.
import { h, put, ask, loading, failed, time, tag, data, faint } from './dom.js';
import { later } from './visible.js';

const looks = 10; // the most requests while one is behind

export function models(stream, last, signal) {
  const out = h('div', { role: 'status' }, loading());

  async function load(left) {
    try {
      const all = await ask('api/applied', { stream, version: last }, { signal });
      put(out, all.length === 0 ? faint('No read model and no reaction reads this stream.')
        : h('ul', { class: 'models' }, all.map(one)));
      if (left > 0 && all.some(m => !m.applied && !m.parked)) later(() => load(left - 1), 1500, signal);
    } catch (error) {
      if (!signal.aborted) put(out, failed(error));
    }
  }

  const one = m => h('li', h('strong', { class: 'data' }, m.projection),
    m.unread ? [tag('not known', 'late'), data(m.unread)] : [h('small', { class: 'faint' }, `generation ${m.generation}${m.status === 'serving' ? '' : ', ' + m.status}`),
    m.parked ? h('a', { href: '#/parked' }, tag(`parked at version ${m.parked.version}`, 'bad'))
      : m.applied ? tag(`at version ${m.version}`, 'good')
      : tag(`at version ${m.version} of ${last}${m.behind ? ', behind' : ''}`, 'late'),
    (m.parked?.at ?? m.at) && time(m.parked?.at ?? m.at)]);

  load(looks);
  return h('section', { 'aria-labelledby': 'models' }, h('h2', { id: 'models' }, 'Read models and reactions'), out);
}
