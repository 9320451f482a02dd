// Open deadlines of the timers: what is due when, and what failed. They can be run and canceled.
import { h, ask, order, heading, loading, time, streamLink, tag, say, repeat, confirm, data, readOnly } from './dom.js';

const choices = [[0, 'due'], [86_400, 'due within a day'], ['', 'all open ones']];

export function deadlines(_, { signal, about }) {
  const out = h('div', loading());
  const choice = h('select', { id: 'within', onchange: () => again(0) }, choices.map(([v, text], i) => h('option', { value: v, selected: i === 1 }, text)));

  async function load() {
    const { deadlines: all, count, more } = await ask('api/deadlines', { within: choice.value }, { signal });
    const bad = all.filter(d => d.failed).length;
    return [
      h('p', { role: 'status' }, `${more ? 'More than ' : ''}${count} open`, bad > 0 && [', ', tag(bad + ' failed', 'bad')], count > all.length && `. ${all.length} are shown: annals deadlines list has all.`),
      readOnly(about, 'run or cancel them'),
      h('ul', { class: 'cards' }, all.map(card))];
  }

  function card(d) {
    const due = new Date(d.at) <= new Date();
    const act = (verb, path, text) => h('button', { 'aria-label': `${verb} ${d.name} of ${d.stream}`, onclick: () =>
      confirm([verb + ' ', data(d.name), ' of ', data(d.stream), '?'], text, verb + ' it', async () => {
        await order('api/' + path, { projection: d.timer, stream: d.stream, deadline: d.name });
        say(`${d.name} of ${d.stream}: done`);
        again(0);
      }) }, verb);
    return h('li',
      h('h2', data(d.name), ' of ', streamLink(d.stream, d.version)),
      h('p', d.failed ? tag('failed', 'bad') : due ? tag('overdue', 'late') : tag('open'), ' ', time(d.at), ' ', d.timer),
      d.failed && h('pre', { tabindex: '0', 'aria-label': 'Error' }, d.failed),
      about.write && h('p', { class: 'bar' },
        act('Run', 'run', 'Its command is executed now' + (due ? '.' : ', before it is due.')),
        act('Cancel', 'cancel', 'Its command is never executed. No event records that.')));
  }
  const again = repeat(out, load, signal);
  return [heading('Deadlines'), h('p', { class: 'bar' }, h('label', { for: 'within' }, 'Show'), choice), out];
}
