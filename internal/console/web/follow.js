// One request: its commits, and every projection that applied them, with times.
import { h, put, ask, heading, time, instant, span, micros, streamLink, failed, tag, data, columns } from './dom.js';
import { later } from './visible.js';

export async function follow(path, { signal }) {
  const [encoded, query] = path.split('?');
  const id = decodeURIComponent(encoded);
  const from = new URLSearchParams(query).get('from');
  const body = h('div');
  const state = h('p', { class: 'faint', role: 'status' });

  async function first() { // fast, unlike the search below
    const at = from.lastIndexOf('@');
    const [stream, version] = [from.slice(0, at), from.slice(at + 1)];
    const [step, projections] = await Promise.all([
      ask('api/state', { stream, version }, { signal }), ask('api/applied', { stream, version }, { signal })]);
    // api/state returns one event of the commit. The search returns the others.
    draw({ commits: [{ ...step.commit, projections }] });
  }
  async function all(attempt = 0) {
    const trace = await ask('api/trace', { correlation: id }, { signal });
    draw(trace);
    put(state, trace.note ?? (trace.commits.length === 0 ? 'No commit has this correlation id.' : ''));
    // Asks again for commits that are not applied yet.
    if (attempt < 10 && trace.commits.some(c => c.projections.some(p => !p.applied && !p.parked))) later(() => again(attempt + 1), 1500, signal);
  }
  const again = attempt => all(attempt).catch(error => { if (!signal.aborted) put(state, failed(error)); });

  function draw(trace) {
    if (trace.commits.length === 0) return;
    const start = Math.min(...trace.commits.map(c => micros(c.at)));
    const ends = trace.commits.flatMap(c => [micros(c.at), ...c.projections.filter(p => p.applied && p.exact).map(p => micros(p.at))]);
    const length = Math.max(...ends) - start || 1;
    const actors = [...new Set(trace.commits.map(c => c.metadata.actor).filter(Boolean))];
    put(body,
      h('dl', { class: 'meta' }, h('dt', 'Started'), h('dd', instant(trace.commits[0].at)),
        h('dt', 'By'), h('dd', { class: 'data' }, actors.join(', ') || 'no actor recorded'),
        h('dt', 'Commits'), h('dd', trace.commits.length),
        h('dt', 'Applied everywhere'), h('dd', everywhere(trace.commits.flatMap(c => c.projections), start))),
      h('ol', { class: 'trace' }, trace.commits.map(c => commit(c, start, length))));
  }
  put(state, 'Searching for all commits of this request …');
  if (from) first().catch(() => {}).then(() => again(0)); else again(0);
  return [heading('One request'), h('p', { class: 'data' }, id), state, body];
}

// everywhere describes when all projections had applied the request: at most, if one has applied a later commit since.
function everywhere(all, start) {
  const late = all.filter(p => !p.applied).length;
  if (late) return `not yet: ${late} left`;
  all = all.filter(p => !p.unconcerned);
  if (all.some(p => !p.at)) return 'yes; some times are not known';
  if (all.length === 0) return 'no projection reads it';
  return `after ${span(Math.max(...all.map(p => micros(p.at))) - start)}${all.every(p => p.exact) ? '' : ' at most'}`;
}

function commit(c, start, length) {
  const at = micros(c.at) - start;
  const rows = [...c.projections].sort((a, b) => rank(a, c) - rank(b, c));
  return h('li',
    h('h2', streamLink(c.stream, c.lastVersion), ' ', h('span', { class: 'version' }, '@' + c.version)),
    h('p', data(c.events.map(e => e.type).join(', ')), ' ', h('span', { class: 'faint' }, `committed after ${span(at)}`),
      c.metadata.causationId && h('span', { class: 'faint data' }, ` caused by ${c.metadata.causationId}`)),
    rows.length > 0 && h('table', { class: 'applied' },
      columns(['Projection', 'Applied', 'After the commit', '']),
      h('tbody', rows.map(p => row(p, c, at, length)))));
}

const rank = (p, c) => p.applied && p.exact ? micros(p.at) - micros(c.at) : Infinity;

function row(p, c, at, length) {
  const lag = p.applied && p.exact ? Math.max(micros(p.at) - micros(c.at), 0) : undefined;
  const bar = h('span', { class: 'gantt', 'aria-hidden': 'true' });
  if (lag !== undefined) {
    const piece = h('span');
    piece.style.setProperty('--from', (at / length * 100) + '%');
    piece.style.setProperty('--size', Math.max(lag / length * 100, 0.5) + '%');
    bar.append(piece);
  }
  return h('tr',
    h('th', { scope: 'row' }, p.projection, p.status !== 'serving' && !p.unread && h('small', { class: 'faint' }, ` ${p.status} ${p.generation}`)),
    h('td', p.parked ? tag('parked', 'bad') : !p.applied ? tag(p.unread ? 'not known' : p.behind ? 'behind' : 'not yet', 'late') : p.at ? [!p.exact && 'by ', time(p.at)]
      : p.unconcerned ? '–' : tag('yes', 'good')),
    h('td', p.parked || p.unread ? data(p.unread ?? p.parked.error) : lag !== undefined ? span(lag)
      : p.applied ? h('span', { class: 'faint' }, p.at ? `within ${span(micros(p.at) - micros(c.at))}: now at version ${p.version}`
        : p.unconcerned ? 'skipped: older than the reaction' : 'time not known') : '–'),
    h('td', { class: 'bars' }, bar));
}
