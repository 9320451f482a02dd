// A stream: its timeline, a slider, and the state and the changes at each version.
import { h, put, ask, heading, loading, time, instant, streamLink, followLink, failed, faint, data, columns } from './dom.js';
import { json, short } from './json.js';
import { models } from './models.js';

const window_ = 100; // events of the timeline that are shown around the version

export async function stream(path, { signal }) {
  const at = path.lastIndexOf('@');
  const named = at > 0 && /^\d+$/.test(path.slice(at + 1));
  const name = decodeURIComponent(named ? path.slice(0, at) : path);
  const info = await ask('api/stream', { stream: name }, { signal });
  const last = info.timeline.at(-1).version;
  let version = Math.min(Math.max(Number(named ? path.slice(at + 1) : last), 1), last);
  const known = new Map();
  let asked;

  const slider = h('input', { type: 'range', id: 'version', min: 1, max: last, step: 1, value: version, 'aria-describedby': 'where', oninput: () => go(Number(slider.value), 90) });
  const where = h('output', { id: 'where', for: 'version', 'aria-live': 'polite' });
  const back = h('button', { onclick: () => go(version - 1) }, h('span', { 'aria-hidden': 'true' }, '‹'), ' Previous');
  const forth = h('button', { onclick: () => go(version + 1) }, 'Next ', h('span', { 'aria-hidden': 'true' }, '›'));
  const times = h('ol', { class: 'timeline' });
  const detail = h('div', { class: 'detail' }, loading());

  function go(to, delay = 0) {
    version = Math.min(Math.max(to, 1), last);
    const now = info.timeline[version - 1];
    slider.value = version;
    slider.setAttribute('aria-valuetext', `Version ${version} of ${last}, ${now.type}`);
    back.setAttribute('aria-disabled', String(version === 1));
    forth.setAttribute('aria-disabled', String(version === last));
    put(where, h('strong', 'Version ' + version), ` of ${last} · `, data(now.type), ' · ', time(now.at));
    history.replaceState(null, '', '#/stream/' + encodeURIComponent(name) + '@' + version);
    timeline();
    clearTimeout(asked);
    if (known.has(version)) show(known.get(version));
    else asked = setTimeout(load, delay, version);
  }

  async function load(wanted) {
    detail.setAttribute('aria-busy', 'true');
    try {
      const step = await ask('api/state', { stream: name, version: wanted }, { signal });
      if (known.size > 200) known.clear();
      known.set(wanted, step);
      if (wanted === version) show(step);
    } catch (error) {
      if (!signal.aborted && wanted === version) put(detail, failed(error));
    } finally {
      detail.removeAttribute('aria-busy');
    }
  }

  function show(step) {
    const event = step.commit.events[0], meta = step.commit.metadata;
    const row = (label, value) => value && [h('dt', label), h('dd', { class: 'data' }, value)];
    put(detail,
      h('section', h('h2', 'What ', data(event.type), ' changed'),
        step.unknown ? faint('There is no state: ' + step.unknown)
          : step.changes.length === 0 ? faint('It did not change the state.')
          : h('table', { class: 'changes' }, columns(['Member', 'Before', 'After']),
            h('tbody', step.changes.map(c => h('tr',
              h('th', { scope: 'row', class: c.path && 'data' }, c.path || 'the whole state'), h('td', short(c.before)), h('td', short(c.after))))))),
      step.state && h('section', h('h2', 'State at version ' + version), json(step.state.state, step.changes.map(c => c.path))),
      h('section', h('h2', 'Event'), json(event.data)),
      h('section', h('h2', 'Commit'), h('dl', { class: 'meta' },
        row('Recorded', instant(step.commit.at)), row('Happened', step.commit.occurredAt && instant(step.commit.occurredAt)),
        row('Schema', String(event.schema)), row('Actor', meta.actor),
        row('Request', followLink(meta.correlationId, null, `${name}@${step.commit.lastVersion}`)), row('Caused by', meta.causationId),
        row('Command', meta.commandId), row('Commit', step.commit.commitId),
        row('Together with', step.commit.siblings?.map((t, i) => [i > 0 && ', ', sibling(t)])),
        Object.entries(meta.extra ?? {}).map(([k, v]) => row(k, v)), row('Hash', step.commit.hash))));
  }

  function timeline() {
    const begin = Math.max(0, version - window_ / 2), end = Math.min(info.timeline.length, begin + window_);
    const focused = times.contains(document.activeElement);
    put(times, info.timeline.slice(begin, end).reverse().map(m => h('li', h('button', {
      'aria-current': m.version === version ? 'step' : null, class: m.version > version ? 'later' : null, onclick: () => go(m.version),
    }, h('span', { class: 'version' }, m.version), ' ', data(m.type), ' ', time(m.at)))));
    const current = times.querySelector('[aria-current]');
    if (focused) current.focus();
    const box = current.parentElement;
    times.scrollTop = box.offsetTop - times.offsetTop - times.clientHeight / 2;
  }

  queueMicrotask(() => go(version));
  return [heading(name),
    h('div', { class: 'slider' }, h('label', { for: 'version' }, 'Version'), back, slider, forth, where),
    info.more && faint(`Only the first ${last} events are shown.`),
    models(name, last, signal),
    h('div', { class: 'columns' }, h('nav', { 'aria-label': 'Timeline, newest first' }, h('h2', 'Timeline'), times), detail)];
}

function sibling(text) {
  const at = text.lastIndexOf('@');
  return streamLink(text.slice(0, at), text.slice(at + 1), text);
}
