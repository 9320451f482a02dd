// A person whom events have data about: how far the person is forgotten, the streams, and the request to forget.
import { h, put, ask, order, heading, loading, instant, streamLink, failed, tag, say, visible, confirm, data, field, readOnly } from './dom.js';
import { later } from './visible.js';

const address = id => '#/people?id=' + encodeURIComponent(id);
const statuses = {
  known: ['', 'Nobody asked to forget this person.'],
  requested: ['late', 'Asked to forget. The key still exists.'],
  waiting: ['late', 'The key is deleted. Once no function has it in memory, read models and snapshots are cleared.'],
  forgotten: ['good', 'The key is deleted, and what was derived with it is cleared.'],
};

export function people(query, { signal, about }) {
  if (!about.people) return [heading('People'), h('p', 'This service has no personal data: none of its events has a field with the tag personal.')];
  const id = new URLSearchParams(query).get('id') ?? '';
  const input = field({ id: 'person', required: true });
  input.value = id;
  const form = h('form', { class: 'bar', onsubmit: e => { e.preventDefault(); location.hash = address(input.value); } },
    h('label', { for: 'person' }, 'Id of the person'), input, h('button', 'Find'));
  return [heading('People'), form, id && one(id, signal, about)];
}

function one(id, signal, about) {
  const report = h('div', loading()), act = h('div', { class: 'bar' }), streams = h('div');
  const button = readOnly(about, 'forget people here') || h('button', { onclick: () => forgetting(id, show) });
  const title = h('h2', { tabindex: '-1' }, 'Person ', data(id));
  let before, listed, off;

  async function load() {
    off?.();
    try {
      show(await ask('api/person', { id }, { signal }));
    } catch (e) {
      if (signal.aborted) return;
      put(report, failed(e));
      if (before) off = later(load, 5000, signal);
    }
  }

  function show(p) {
    off?.();
    const ends = p.status === 'known' || p.status === 'forgotten', [kind, text] = statuses[p.status] ?? ['', ''];
    if (before && before !== p.status) say(`${id} is ${p.status}. ${text}`);
    before = p.status;
    const row = (label, value) => value !== undefined && [h('dt', label), h('dd', value)];
    const at = (label, value) => value && row(label, instant(value));
    put(report, h('p', tag(p.status, kind), ' ', text), h('dl', { class: 'meta' },
      at('Asked for', p.requestedAt), at('Key deleted', p.keyDeletedAt), at('In memory until', p.until),
      p.keyDeletedAt && [row('Streams cleared', p.streams), row('Documents folded again', p.documents),
        row('Rows written again', p.rows), row('Snapshots removed', p.snapshots)],
      p.published.map(e => row('Public events', [e.events + ' ', data(e.type)])),
      row('Not cleared', p.unknown?.join(', ')),
      at('Forgotten', p.forgottenAt), at('In no backup from', p.final)));
    const names = JSON.stringify([p.names, ends]);
    if (names !== listed) put(streams, list(p, id));
    listed = names;
    if (!ends) off = later(load, 3000, signal);
    if (p.status === 'forgotten') {
      if (act.contains(document.activeElement)) title.focus(); // the button goes
      put(act);
      return;
    }
    if (about.write) put(button, ends ? 'Forget this person' : 'Ask again');
    if (!button.isConnected) put(act, button);
  }

  load();
  return h('section', { class: 'person' }, title, report, act, streams);
}

function list(p, id) {
  return [h('h2', 'Streams with data about the person'),
    h('p', p.names.length === 0 ? 'None.' : p.names.map((name, i) => [i > 0 && ', ', streamLink(name)]), p.more && ' and more.'),
    p.status !== 'known' && h('p', 'Each step is recorded in ', streamLink('Subject#' + id))];
}

function forgetting(id, then) {
  const input = field({ type: 'text', id: 'typed', autofocus: true });
  confirm(['Forget ', data(id), '?'], 'The person’s key is deleted, for good: it can’t be undone. Events stay, but nobody can decrypt the person’s data in them. Some minutes later read models and snapshots are cleared.',
    'Forget', async () => then(await order('api/forget', { subject: id })),
    h('p', { class: 'bar' }, h('label', { for: 'typed' }, 'Type the id to confirm'), input),
    () => input.value !== id && input.value !== visible(id) && 'This is another id. Nothing was done.');
}
