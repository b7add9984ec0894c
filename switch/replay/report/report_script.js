'use strict';
document.documentElement.classList.add('scripted');

function amount(minor, decimals) {
  const digits = String(Math.abs(minor)).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',');
  return (minor < 0 ? '\u2212' : '') + whole + (decimals ? '.' + digits.slice(-decimals) : '');
}
function day(number) { return new Date(number * 86400000).toISOString().slice(0, 10); }

for (const table of document.querySelectorAll('table.sortable')) {
  const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
  const body = table.tBodies[0];
  const inOrder = [...body.rows];
  heads.forEach((head, column) => {
    const key = row => {
      const cell = row.cells[column];
      return cell.dataset.key === undefined ? cell.textContent : Number(cell.dataset.key);
    };
    const compare = (a, b) => typeof a !== typeof b ? (typeof a === 'number' ? -1 : 1)
      : a < b ? -1 : a > b ? 1 : 0;
    const next = { null: 'ascending', ascending: 'descending', descending: null };
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const order = next[head.getAttribute('aria-sort')];
      heads.forEach(other => other.removeAttribute('aria-sort'));
      if (order) head.setAttribute('aria-sort', order);
      const sign = order === 'descending' ? -1 : 1;
      body.append(...(order
        ? [...inOrder].sort((a, b) => sign * compare(key(a), key(b))) : inOrder));
    });
  });
}

function cashChart(figure) {
  const data = JSON.parse(figure.querySelector('script').textContent);
  const field = figure.querySelector('.field');
  const svg = field.querySelector('svg');
  const output = figure.querySelector('output');
  const atRest = output.textContent;
  const unit = (data.high - data.low) / 1000;
  const lines = data.v.map((values, i) => {
    const value = figure.querySelector(`button[data-line="${i}"] .value`);
    return { values, shown: true, value, atRest: value.textContent,
      button: value.parentElement, least: Math.min(...values), most: Math.max(...values),
      drawn: [...figure.querySelectorAll(`.plot [data-line="${i}"]`)] };
  });

  function roundStep(size) {
    let power = 1;
    while (power * 10 <= size) power *= 10;
    return [1, 2, 5, 10].map(factor => factor * power).find(step => step >= size);
  }
  function placeEnds(low, high) {
    const ends = figure.querySelector('.ends');
    if (!ends) return;
    const apart = 0.034;
    const shown = lines.filter(line => line.shown)
      .map(line => ({ line, at: (high - line.values[line.values.length - 1]) / (high - low) }))
      .sort((a, b) => a.at - b.at);
    let last = -apart;
    for (const end of shown) last = end.label = Math.max(end.at, last + apart);
    last = 1 + apart;
    for (const end of [...shown].reverse()) last = end.label = Math.min(end.label, last - apart);
    for (const { line, at, label } of shown) {
      const [leader, name] = line.drawn.filter(part => ends.contains(part));
      leader.setAttribute('d', `M0 ${1000 * at}L100 ${1000 * label}`);
      name.style.top = `${100 * label}%`;
    }
  }
  function rescale() {
    const shown = lines.filter(line => line.shown);
    let low = Math.min(0, ...shown.map(line => line.least));
    let high = Math.max(0, ...shown.map(line => line.most));
    const step = roundStep(Math.max((high - low) / 6, 1));
    low = Math.floor(low / step) * step;
    high = Math.ceil(high / step) * step;
    if (high === low) high += step;
    svg.setAttribute('viewBox', `0 ${(data.high - high) / unit} 1000 ${(high - low) / unit}`);
    const whole = step % 10 ** data.decimals === 0;
    const labels = [];
    let grid = '';
    for (let value = low; value <= high; value += step) {
      const label = document.createElement('span');
      label.style.top = `${100 * (high - value) / (high - low)}%`;
      label.textContent = whole ? amount(value / 10 ** data.decimals, 0)
        : amount(value, data.decimals);
      labels.push(label);
      grid += `M0 ${(data.high - value) / unit}H1000`;
    }
    figure.querySelector('div.levels').replaceChildren(...labels);
    const paths = svg.querySelectorAll('.levels path');
    paths.forEach((path, i) => path.setAttribute('d', i ? 'M0 0' : grid));
    placeEnds(low, high);
  }
  function show(line, shown) {
    line.shown = shown;
    line.button.setAttribute('aria-pressed', shown);
    line.drawn.forEach(part => part.classList.toggle('hidden', !shown));
  }
  lines.forEach(line => {
    line.button.addEventListener('click', () => { show(line, !line.shown); rescale(); });
    const light = on => {
      figure.classList.toggle('dim', on && line.shown);
      line.drawn.forEach(part => part.classList.toggle('lit', on));
    };
    line.button.addEventListener('pointerenter', () => light(true));
    line.button.addEventListener('pointerleave', () => light(false));
  });
  const picks = { all: () => true, short: line => line.least < 0, never: line => line.least >= 0 };
  for (const button of figure.parentElement.querySelectorAll('[data-pick]')) {
    button.addEventListener('click', () => {
      lines.forEach(line => show(line, picks[button.dataset.pick](line)));
      rescale();
    });
  }

  const guide = document.createElement('div');
  guide.className = 'guide';
  guide.hidden = true;
  field.append(guide);
  let at = -1;
  const lastPoint = data.v[0].length - 1;
  function read(point) {
    at = Math.max(0, Math.min(lastPoint, point));
    const from = at * data.bucket;
    const to = Math.min(from + data.bucket, data.days) - 1;
    guide.hidden = false;
    guide.style.left = `${data.days > 1 ? 100 * (from + to) / 2 / (data.days - 1) : 50}%`;
    output.textContent = from === to ? day(data.first + from)
      : `lowest of ${day(data.first + from)} to ${day(data.first + to)}`;
    lines.forEach((line, i) => {
      const value = line.values[at];
      line.value.textContent = amount(value, data.decimals)
        + (from === to ? '' : ` on ${day(data.first + from + data.d[i][at]).slice(5)}`);
      line.value.classList.toggle('negative', value < 0);
    });
  }
  function rest() {
    at = -1;
    guide.hidden = true;
    output.textContent = atRest;
    lines.forEach(line => {
      line.value.textContent = line.atRest;
      line.value.classList.remove('negative');
    });
  }
  const point = event => {
    const box = field.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    read(Math.floor(Math.round(share * (data.days - 1)) / data.bucket));
  };
  field.addEventListener('pointermove', point);
  field.addEventListener('pointerdown', point);
  field.addEventListener('pointerleave', rest);
  field.addEventListener('blur', rest);
  field.addEventListener('keydown', event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    read(at < 0 ? lastPoint : at + step);
  });
}
document.querySelectorAll('figure.cash').forEach(cashChart);

for (const heat of document.querySelectorAll('.heat')) {
  const data = JSON.parse(heat.querySelector('script').textContent);
  const output = heat.closest('figure').querySelector('output');
  const balances = new Map(data.at.map((index, i) => [index, data.v[i]]));
  for (const year of heat.querySelectorAll('.year')) {
    const svg = year.querySelector('svg');
    const point = event => {
      const box = svg.getBoundingClientRect();
      const week = Math.floor(54 * (event.clientX - box.left) / box.width);
      const weekday = Math.floor(7 * (event.clientY - box.top) / box.height);
      const number = Number(year.dataset.monday) + 7 * week + weekday;
      const index = number - data.first;
      const isThere = index >= 0 && index < data.days && weekday >= 0 && weekday < 7
        && day(number).slice(0, 4) === year.firstElementChild.textContent;
      output.textContent = !isThere ? ''
        : `${['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'][weekday]} ${day(number)}: `
          + (balances.has(index) ? amount(balances.get(index), Number(heat.dataset.decimals))
            : 'not short');
    };
    svg.addEventListener('pointermove', point);
    svg.addEventListener('pointerdown', point);
    svg.addEventListener('pointerleave', () => { output.textContent = ''; });
  }
}
