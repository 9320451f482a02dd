// Streams that a projection could not apply: the reasons, and retries.
import { h, put, ask, order, heading, loading, time, streamLink, failed, tag, say, repeat, data, readOnly } from './dom.js';

export function parked(_, { signal, about, counted }) {
  const out = h('div', loading());

  async function load() {
    const { parked: all, more, unread } = await ask('api/parked', null, { signal });
    counted(all.length);
    const left = unread && failed({ message: unread });
    if (all.length === 0) return left ?? h('p', tag('ok', 'good'), ' No stream is parked.');
    return [left,
      h('p', `Parked streams: ${all.length}${more ? ' and more' : ''}. All other streams continue.`),
      readOnly(about, 'retry here'),
      h('ul', { class: 'cards' }, all.map(card))];
  }

  function card(p) {
    const result = h('p', { role: 'status' });
    const button = about.write && h('button', {
      'aria-label': `Retry ${p.stream} in ${p.projection}`, onclick: async () => {
        button.disabled = true;
        put(result, 'Retrying …');
        try {
          const answer = await order('api/retry', { projection: p.projection, stream: p.stream });
          put(result, answer.waits ? [tag('still parked', 'bad'), ' ', data(answer.error)] : [tag('applied', 'good'), ' The stream is up to date.']);
          if (!answer.waits) { say(p.stream + ' is up to date'); again(1500); return; }
        } catch (e) { put(result, failed(e)); }
        button.disabled = false;
        button.focus();
      },
    }, 'Retry');
    return h('li',
      h('h2', streamLink(p.stream, p.version), ' in ', p.projection),
      h('p', tag(p.reason, 'bad'), ` at version ${p.version}, generation ${p.generation}, `, time(p.at),
        `; events known to wait: ${p.events}`),
      h('pre', { tabindex: '0', 'aria-label': 'Error' }, p.error),
      h('p', { class: 'faint data' }, 'code ' + p.code),
      button, result);
  }
  const again = repeat(out, load, signal);
  return [heading('Parked streams'), out];
}
