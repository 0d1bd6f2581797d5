
'use strict';
(() => {
  const at = id => document.getElementById(id);
  const all = (query, within = document) => [...within.querySelectorAll(query)];

  // What is closed is not printed by every browser. A group of findings that is closed is not wanted.
  let opened = [];
  addEventListener('beforeprint', () => {
    opened = all('details:not([open], .list)').filter(one => one.open = true);
  });
  addEventListener('afterprint', () => {
    for (const one of opened) one.open = false;
  });

  // A button where a waiver is shown that is to be pasted.
  document.addEventListener('toggle', event => {
    const pre = event.target.querySelector(':scope > .paste > pre');
    if (!pre || pre.previousElementSibling.matches('button')) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = 'Copy';
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(pre.textContent);
        button.textContent = 'Copied';
      } catch {
        getSelection().selectAllChildren(pre);
        button.textContent = 'Selected, to be copied';
      }
    });
    pre.before(button);
  }, true);

  const filter = at('filter');
  if (!filter) return;
  const findings = all('article');
  const groups = all('details.list');
  const fields = all('input, select', filter);
  const choices = ['severity', 'kind', 'landed'];
  const read = field => field.type === 'checkbox' ? (field.checked ? '1' : '') : field.value;
  const write = (field, value) => {
    if (field.type === 'checkbox') field.checked = value === '1';
    else field.value = value;
  };
  const texts = new Map();
  const text = finding => {
    if (!texts.has(finding)) texts.set(finding, all('.i', finding).map(part => part.textContent).join('\n').toLowerCase());
    return texts.get(finding);
  };

  const apply = () => {
    const words = at('q').value.toLowerCase().split(/\s+/).filter(word => word);
    const wanted = choices.map(name => [name, at(name).value]).filter(([, value]) => value);
    const rule = at('rule')?.value;
    const onlyNew = at('new')?.checked;
    const isFiltered = words.length > 0 || wanted.length > 0 || rule || onlyNew;
    let hits = 0;
    for (const finding of findings) {
      const fits = wanted.every(([name, value]) => finding.dataset[name] === value)
        && (!rule || finding.dataset.rules.split(' ').includes(rule))
        && (!onlyNew || 'new' in finding.dataset)
        && words.every(word => text(finding).includes(word));
      finding.hidden = !fits;
      if (fits) hits++;
    }
    for (const group of groups) {
      const has = !isFiltered || group.querySelector('article:not([hidden])') !== null;
      group.parentElement.hidden = !has;
      group.open = Boolean(isFiltered && has);
    }
    const count = number => number.toLocaleString('en');
    at('hits').textContent = `${count(hits)} of ${count(findings.length)} listed are shown`;
  };

  // Kept in the address, so that what is filtered can be handed on.
  const keep = () => {
    const told = fields.map(field => [field.id, read(field)]).filter(([, value]) => value);
    try {
      history.replaceState(null, '', told.length ? `#?${new URLSearchParams(told)}` : '#findings');
    } catch {
      // Some browsers refuse it for files.
    }
  };
  const restore = () => {
    if (!location.hash.startsWith('#?')) return;
    const told = new URLSearchParams(location.hash.slice(2));
    for (const field of fields) write(field, told.get(field.id) ?? '');
    apply();
  };

  let waiting;
  filter.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { apply(); keep(); }, 120);
  });
  const choose = told => {
    for (const field of fields) write(field, told[field.id] ?? '');
    apply();
    keep();
  };
  at('reset').addEventListener('click', () => choose({}));
  for (const link of all('a[data-rule]')) {
    link.addEventListener('click', event => {
      event.preventDefault();
      choose({ rule: link.dataset.rule });
      at('findings').scrollIntoView();
      at('findings').focus({ preventScroll: true });
    });
  }
  addEventListener('hashchange', restore);
  filter.hidden = false;
  apply();
  restore();
})();
